using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Unit.Sites;

/// <summary>Sites that one process owns, as others that ask it are told of them.</summary>
public sealed class OwnedSitesTests : IDisposable
{
    private readonly SiteDirectory directory = new([.. Enumerable.Range(0, 3).Select(_ => SiteSamples.New(out string _))]); // all of version 1
    private readonly Writer writer = new();
    private readonly OwnedSites sites;

    public OwnedSitesTests() => sites = new OwnedSites(directory, writer);

    public void Dispose() => sites.Dispose();

    /// <summary>Whoever has seen all up to a version is told every change since by asking for higher ones.</summary>
    [Fact]
    public async Task Every_change_is_of_a_higher_version_than_any_site_had()
    {
        await sites.RenumberAsync(floor: 0);
        foreach (Site site in directory.ListAll())
        {
            long before = sites.LatestVersion;
            Site changed = (await ChangeAsync(site.Key, name: "changed"))!;
            Assert.Equal((before + 1, sites.LatestVersion), (changed.Version, changed.Version));
            Assert.Equal([changed], (await sites.ReadAfterAsync(before)).Sites);
        }

        Assert.Empty((await sites.ReadAfterAsync(sites.LatestVersion)).Sites);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    [Trait("Invariant", "I8")]
    public async Task Renumbered_each_site_has_a_higher_version_of_its_own_and_nothing_else_is_changed(long floor)
    {
        Site[] before = [.. directory.ListAll()];
        await sites.RenumberAsync(floor);
        Assert.Equal(3, directory.ListAll().Select(site => site.Version).Distinct().Count());
        Assert.All(directory.ListAll(), site => Assert.True(site.Version > Math.Max(1, floor)));
        foreach (Site site in before) Assert.Equal(site, Known(site.Key) with { Version = site.Version });
        Assert.Equal(directory.ListAll().OrderBy(site => site.Version), writer.Saved);
    }

    [Fact]
    public async Task Page_by_page_every_site_is_told()
    {
        for (int i = 0; i < SitePage.MaxSites; i++) await sites.UpdateAsync(SiteKey.New(), known => SiteSamples.New(out string _));
        await sites.RenumberAsync(floor: 0);
        SitePage first = await sites.ReadAfterAsync(0);
        Assert.Equal((SitePage.MaxSites, false), (first.Sites.Count, first.IsLast));
        SitePage rest = await sites.ReadAfterAsync(first.Sites[^1].Version);
        Assert.Equal((3, true), (rest.Sites.Count, rest.IsLast));
        Assert.Equal(directory.ListAll().Select(site => site.Version).Order(), first.Sites.Concat(rest.Sites).Select(site => site.Version));
    }

    /// <summary>Another decides on what he is told, and where that is what he wants, nothing is written: it must not be undone by a restart.</summary>
    [Fact]
    [Trait("Invariant", "I8")]
    public async Task After_a_failed_save_a_look_is_answered_once_what_it_tells_is_durable()
    {
        SiteKey key = directory.ListAll()[0].Key;
        writer.IsFailing = true;
        await Assert.ThrowsAsync<IOException>(() => ChangeAsync(key, name: "never confirmed").AsTask());
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => sites.ReadAsync([key]).AsTask());

        writer.IsFailing = false;
        Site told = Assert.Single(await sites.ReadAsync([key]));
        Assert.Equal("a site", told.Policy.Name);
        Assert.Same(told, writer.Saved[^1]);
        Assert.Equal(sites.LatestVersion, told.Version);
        int saved = writer.Saved.Count;
        Assert.Same(told, Assert.Single(await sites.ReadAsync([key, SiteKey.New()])));
        Assert.Equal(saved, writer.Saved.Count);
    }

    private ValueTask<Site?> ChangeAsync(SiteKey key, string name) =>
        sites.UpdateAsync(key, known => known! with { Policy = known.Policy with { Name = name } });

    private Site Known(SiteKey key) => directory.TryGet(key, out Site site) ? site : throw new KeyNotFoundException(key.ToString());

    private sealed class Writer : ISiteWriter
    {
        public List<Site> Saved { get; } = [];

        public bool IsFailing { get; set; }

        public ValueTask SaveAsync(Site site, CancellationToken cancellation)
        {
            if (IsFailing) throw new IOException("the disk is full");
            Saved.Add(site);
            return ValueTask.CompletedTask;
        }
    }
}
