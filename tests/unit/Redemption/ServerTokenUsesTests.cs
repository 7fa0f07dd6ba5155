using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Sites;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ServerTokenUsesTests : IAsyncLifetime
{
    private readonly ManualTime clock = new(Now);
    private readonly FakeStore store = new();
    private readonly Site site = SiteSamples.New(out _);
    private readonly SiteDirectory sites;
    private readonly ShardHost host;
    private readonly ServerTokenUses uses;

    public ServerTokenUsesTests()
    {
        sites = new SiteDirectory([site]);
        host = new ShardHost(store, new RedemptionShard(), sites, clock, new ShardHostOptions { MaxClockSkewSeconds = 300 }, new FakeObserver());
        uses = new ServerTokenUses(host, clock);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(ServerToken.MaxMaxUses)]
    [Trait("Invariant", "I1")]
    public async Task It_has_as_many_uses_as_it_says_each_an_id_of_its_own(int maxUses)
    {
        ServerToken token = Token(maxUses);
        for (int use = 0; use < maxUses; use++) Assert.Equal(RedemptionStatus.Redeemed, await UseAsync(token));
        Assert.Equal(RedemptionStatus.Duplicate, await UseAsync(token));
        RedemptionRequest[] recorded = [.. store.Batches.SelectMany(batch => batch)];
        Assert.Equal(maxUses, recorded.Select(request => request.Token).Distinct().Count());
        Assert.DoesNotContain(token.Id, recorded.Select(request => request.Token));
        Assert.All(recorded, request => Assert.Equal((token.ExpiresAt, token.Site, token.Generation), (request.ExpiresAt, request.Site, request.Generation)));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task Many_at_once_have_no_more_and_no_fewer()
    {
        for (int round = 0; round < 20; round++)
        {
            ServerToken token = Token(9);
            RedemptionStatus[] statuses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => UseAsync(token))));
            Assert.Equal(9, statuses.Count(status => status == RedemptionStatus.Redeemed));
            Assert.Equal(41, statuses.Count(status => status == RedemptionStatus.Duplicate));
        }
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_use_whose_outcome_is_unknown_takes_no_other()
    {
        ServerToken token = Token(2);
        store.OnCommit = FakeStore.Unknown;
        Assert.Equal(RedemptionStatus.Unknown, await UseAsync(token));
        Assert.Single(store.Batches);
        store.OnCommit = FakeStore.RecordAll;
        Assert.Equal(RedemptionStatus.Redeemed, await UseAsync(token));
        Assert.Equal(store.Batches[0][0].Token, store.Batches[1][0].Token);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task It_ends_with_the_secret_that_it_was_issued_for()
    {
        ServerToken token = Token(5);
        Assert.Equal(RedemptionStatus.Redeemed, await UseAsync(token));
        sites.Publish(site with { Generation = new Generation(2), Version = 2 });
        Assert.Equal(RedemptionStatus.Retired, await UseAsync(token));
        sites.Publish(site with { Policy = site.Policy with { Disabled = true }, Version = 3 });
        Assert.Equal(RedemptionStatus.Retired, await UseAsync(token));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public async Task Past_its_expiry_and_after_a_restore_it_has_none()
    {
        ServerToken token = Token(5);
        store.IssuedFloor = Now;
        Assert.Equal(RedemptionStatus.Expired, await UseAsync(token));
        store.IssuedFloor = Now - 1;
        Assert.Equal(RedemptionStatus.Redeemed, await UseAsync(token));
        clock.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal(RedemptionStatus.Expired, await UseAsync(token));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task After_a_restore_that_came_while_the_ledger_was_asked_it_has_none()
    {
        store.OnCommit = batch =>
        {
            store.IssuedFloor = Now;
            return FakeStore.RecordAll(batch);
        };
        Assert.Equal(RedemptionStatus.Expired, await UseAsync(Token(5)));
    }

    private ServerToken Token(int maxUses)
    {
        ServerTokenCodec codec = new(TokenSamples.Codec(), clock);
        return codec.Read(codec.Issue(new ServerTokenClaims
        {
            Site = site.Key,
            Generation = site.Generation,
            Id = TokenId.New(),
            IssuedAt = Now,
            ExpiresAt = Now + 300,
            MaxUses = maxUses,
            Action = "login",
        }))!;
    }

    private async Task<RedemptionStatus> UseAsync(ServerToken token) => (await uses.UseAsync(token)).Status;
}
