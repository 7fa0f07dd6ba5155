using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Unit.Sites;

public sealed class FreshSitesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SlowSource source = new();
    private readonly SiteDirectory directory = new([]);
    private readonly FreshSites fresh;

    public FreshSitesTests() => fresh = new FreshSites(source, directory);

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task Who_asks_during_a_read_is_answered_by_the_next_one_and_all_who_ask_share_it()
    {
        Site first = SiteSamples.New(out _), late = SiteSamples.New(out _);
        Task<bool> asked = fresh.RefreshAsync(first.Key);
        TaskCompletionSource<IReadOnlyList<Site>> read = await source.NextAsync();
        Task<bool>[] joined = [.. Enumerable.Range(0, 50).Select(_ => fresh.RefreshAsync(late.Key)), fresh.RefreshAsync(first.Key)];
        read.SetResult([first]); // what was read before they asked
        Assert.True(await asked.WaitAsync(Patience));
        Assert.All(joined, task => Assert.False(task.IsCompleted));
        Assert.Equal(2, source.Asked.Count);
        Assert.Equal(new[] { late.Key, first.Key }.OrderBy(key => $"{key}"), source.Asked[1].OrderBy(key => $"{key}"));

        (await source.NextAsync()).SetResult([late]);
        Assert.All(await Task.WhenAll(joined).WaitAsync(Patience), Assert.True);
        Assert.True(directory.TryGet(late.Key, out _) && directory.TryGet(first.Key, out _));
        Assert.Equal(2, source.Asked.Count);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public async Task A_read_that_fails_tells_so_and_the_next_goes_on()
    {
        SiteKey key = SiteKey.New();
        Task<bool> asked = fresh.RefreshAsync(key);
        (await source.NextAsync()).SetException(new UnknownOutcomeException("the line is dead"));
        Assert.False(await asked.WaitAsync(Patience));
        asked = fresh.RefreshAsync(key);
        (await source.NextAsync()).SetResult([]);
        Assert.True(await asked.WaitAsync(Patience));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task More_unknown_sites_than_fit_one_read_and_more_who_wait_are_turned_away()
    {
        _ = fresh.RefreshAsync(SiteKey.New());
        TaskCompletionSource<IReadOnlyList<Site>> read = await source.NextAsync();
        Task<bool>[] asked = [.. Enumerable.Range(0, FreshSites.MaxKeys).Select(_ => fresh.RefreshAsync(SiteKey.New()))];
        Assert.False(await fresh.RefreshAsync(SiteKey.New()));
        SiteKey known = source.Asked[0].First();
        read.SetResult([]);
        TaskCompletionSource<IReadOnlyList<Site>> next = await source.NextAsync();
        Task<bool>[] crowd = [.. Enumerable.Range(0, FreshSites.MaxWaiting).Select(_ => fresh.RefreshAsync(known))];
        Assert.False(await fresh.RefreshAsync(known));
        next.SetResult([]);
        (await source.NextAsync()).SetResult([]);
        Assert.All(await Task.WhenAll(asked.Concat(crowd)).WaitAsync(Patience), Assert.True);
        Assert.Equal(3, source.Asked.Count);
    }

    /// <summary>A version that this node wrote itself, or looked up, says nothing of the lower ones that others wrote.</summary>
    [Fact]
    [Trait("Invariant", "I8")]
    public async Task What_was_published_otherwise_does_not_make_a_scan_pass_over_other_sites()
    {
        directory.Publish(SiteSamples.New(out _) with { Version = 9 });
        source.Later = version => new SitePage(version < 5 ? [SiteSamples.New(out _) with { Version = 5 }] : [], IsLast: true);
        await fresh.RefreshAllAsync();
        Assert.Equal(2, directory.List().Count);
        await fresh.RefreshAllAsync();
        Assert.Equal([0L, 5L], source.AskedAfter);
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public async Task All_sites_are_read_page_by_page_and_what_was_read_is_not_read_again_where_one_fails()
    {
        Site[] sites = [.. Enumerable.Range(1, 5).Select(version => SiteSamples.New(out _) with { Version = version })];
        bool isReachable = false;
        source.Later = version => version < 4 || isReachable
            ? new SitePage([.. sites.Skip((int)version).Take(2)], IsLast: version >= 4)
            : throw new UnknownOutcomeException("the line is dead");
        await Assert.ThrowsAsync<UnknownOutcomeException>(fresh.RefreshAllAsync);
        Assert.Equal(4L, fresh.ScannedVersion);
        isReachable = true;
        await fresh.RefreshAllAsync();
        Assert.Equal([0L, 2L, 4L, 4L], source.AskedAfter);
        Assert.All(sites, site => Assert.True(directory.TryGet(site.Key, out _)));
    }

    private sealed class SlowSource : ISiteSource
    {
        private readonly System.Threading.Channels.Channel<TaskCompletionSource<IReadOnlyList<Site>>> reads =
            System.Threading.Channels.Channel.CreateUnbounded<TaskCompletionSource<IReadOnlyList<Site>>>();

        public List<IReadOnlyCollection<SiteKey>> Asked { get; } = [];

        public List<long> AskedAfter { get; } = [];

        public Func<long, SitePage> Later { get; set; } = _ => new SitePage([], IsLast: true);

        public Task<TaskCompletionSource<IReadOnlyList<Site>>> NextAsync() => reads.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys)
        {
            TaskCompletionSource<IReadOnlyList<Site>> read = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Asked.Add(keys);
            reads.Writer.TryWrite(read);
            return new(read.Task);
        }

        public ValueTask<SitePage> ReadAfterAsync(long version)
        {
            AskedAfter.Add(version);
            return new(Later(version));
        }
    }
}
