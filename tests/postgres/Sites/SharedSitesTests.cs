using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Sites;

/// <summary>Several nodes over the sites of one database.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SharedSitesTests(PostgresFixture server) : IAsyncLifetime
{
    private static readonly SitePolicy Policy = new() { Name = "a site", TokenTtlSeconds = 600 };

    private readonly List<SiteNode> nodes = [];
    private TestSchema schema = null!;

    public async Task InitializeAsync()
    {
        schema = await TestSchema.CreateAsync(server);
        await schema.ExecuteAsync("DELETE FROM site");
    }

    public async Task DisposeAsync()
    {
        foreach (SiteNode node in nodes) await node.DisposeAsync();
        await schema.DisposeAsync();
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Changes_of_one_site_on_several_nodes_take_turns()
    {
        SiteNode[] all = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        (Site site, _) = await all[0].Registry.CreateAsync(Policy);
        RotationResult[] results = await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            Task.Run(() => all[i % 3].Registry.RotateAsync(site.Key, new RotationRequest(true, null)))));
        Assert.Equal(Enumerable.Range(2, 24), results.Cast<RotationResult.Rotated>().Select(result => result.Generation.Value).Order());

        RotationRequest named = new(true, "one-rotation-id-for-all");
        results = await Task.WhenAll(all.Select(node => Task.Run(() => node.Registry.RotateAsync(site.Key, named))));
        Assert.Single(results.Distinct());
        string secret = ((RotationResult.Rotated)results[0]).Secret;
        foreach (SiteNode node in all)
            Assert.True((await node.Registry.FindAsync(site.Key))!.TryAuthenticate(SiteSecret.Hash(secret), UnixSeconds.Now(TimeProvider.System), out _));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Once_a_rotation_has_returned_no_node_redeems_with_the_old_secret_whatever_it_knows()
    {
        SiteNode one = await OpenAsync();
        (Site site, _) = await one.Registry.CreateAsync(Policy);
        LedgerNode other = await schema.OpenNodeAsync();
        RedemptionRequest request = TestSchema.Ask(1, 1) with { Site = site.Key };
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await other.CommitAsync(request)).Status);
        await one.Registry.RotateAsync(site.Key, new RotationRequest(true, null));
        Assert.Equal(
            [CommitStatus.RetiredGeneration, CommitStatus.RetiredGeneration],
            (await other.CommitAsync(request, TestSchema.Ask(2, 1) with { Site = site.Key })).Select(result => result.Status));
        request = request with { Generation = new Generation(2) };
        Assert.Equal(CommitStatus.Existing, Assert.Single(await other.CommitAsync(request)).Status);
        await one.Registry.ChangeAsync(site.Key, policy => policy with { Disabled = true });
        Assert.Equal(CommitStatus.RetiredGeneration, Assert.Single(await other.CommitAsync(request)).Status);
        await one.Registry.ChangeAsync(site.Key, policy => policy with { Disabled = false });
        Assert.Equal(CommitStatus.Existing, Assert.Single(await other.CommitAsync(request)).Status);
        await one.Registry.DeleteAsync(site.Key);
        Assert.Equal(CommitStatus.RetiredGeneration, Assert.Single(await other.CommitAsync(request)).Status);
        Assert.Equal(1, await schema.CountAsync("redemption"));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task In_grace_the_old_secret_redeems_until_its_end_by_the_databases_clock()
    {
        SiteNode one = await OpenAsync();
        (Site site, _) = await one.Registry.CreateAsync(Policy);
        await one.Registry.RotateAsync(site.Key, new RotationRequest(false, null));
        await schema.ExecuteAsync($"UPDATE site SET prev_until = {TestSchema.Start.Value + 50}");
        LedgerNode node = await schema.OpenNodeAsync();
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(TestSchema.Ask(1, 1) with { Site = site.Key })).Status);
        await schema.SetTimeAsync(TestSchema.Start + 50);
        Assert.Equal(CommitStatus.RetiredGeneration, Assert.Single(await node.CommitAsync(TestSchema.Ask(1, 1) with { Site = site.Key })).Status);
    }

    [FactWithPostgres]
    public async Task What_one_node_changes_all_learn_of()
    {
        SiteNode one = await OpenAsync(), other = await OpenAsync();
        (Site site, _) = await one.Registry.CreateAsync(Policy);
        await Until.HoldsAsync(() => other.Directory.TryGet(site.Key, out _));
        await one.Registry.ChangeAsync(site.Key, policy => policy with { Name = "renamed" });
        await Until.HoldsAsync(() => other.Directory.TryGet(site.Key, out Site known) && known.Policy.Name == "renamed");
        await one.Registry.DeleteAsync(site.Key);
        await Until.HoldsAsync(() => other.Directory.TryGet(site.Key, out Site known) && known.IsDeleted);
        Assert.Null(await other.Registry.FindAsync(site.Key));
        Assert.Empty(await other.Registry.ListAsync());
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task A_node_that_hears_nothing_sees_a_site_as_soon_as_it_asks()
    {
        SiteNode one = await OpenAsync();
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        SiteDirectory directory = new([]);
        FreshSites fresh = new(new PostgresSiteStore(database), directory);
        (Site site, string secret) = await one.Registry.CreateAsync(Policy);
        Assert.True(await fresh.RefreshAsync(site.Key));
        Assert.True(directory.TryGet(site.Key, out Site known) && known.TryAuthenticate(SiteSecret.Hash(secret), TestSchema.Start, out _));
    }

    /// <summary>A version is taken under a lock: nobody sees a higher one while a lower is still to come.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Versions_become_visible_in_their_order()
    {
        SiteNode[] all = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        Task creating = Task.WhenAll(all.Select(node => Task.Run(async () =>
        {
            for (int i = 0; i < 12; i++) await node.Registry.CreateAsync(Policy);
        })));
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        PostgresSiteStore store = new(database);
        HashSet<long> seen = [];
        long highest = 0;
        bool isOver = false;
        while (!isOver)
        {
            isOver = creating.IsCompleted;
            foreach (Site site in (await store.ReadAfterAsync(highest)).Sites)
            {
                seen.Add(site.Version);
                highest = Math.Max(highest, site.Version);
            }

            Assert.Equal(highest, seen.Count);
        }

        await creating;
        Assert.Equal(36, seen.Count);
    }

    /// <summary>The same, where one takes its time between its version and its end.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Who_reads_the_versions_above_the_highest_he_has_seen_misses_none()
    {
        SiteNode slow = await OpenAsync(), fast = await OpenAsync();
        Gate gate = new(schema);
        await gate.BeforeCommitsToAsync("site", "NEW.document::text LIKE '%slow%'");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        Task<(Site, string)> creatingSlow = Task.Run(() => slow.Registry.CreateAsync(Policy with { Name = "slow" }));
        await Until.HoldsAsync(async () => await gate.WaitingAsync() == 1);
        Task<(Site, string)> creatingFast = Task.Run(() => fast.Registry.CreateAsync(Policy with { Name = "fast" }));
        await Until.HoldsAsync(async () => creatingFast.IsCompleted || await schema.CountAsync("pg_stat_activity WHERE wait_event_type = 'Lock'") == 2);

        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        PostgresSiteStore store = new(database);
        IReadOnlyList<Site> before = (await store.ReadAfterAsync(0)).Sites;
        await closed.CloseAsync();
        await Task.WhenAll(creatingSlow, creatingFast);
        IReadOnlyList<Site> after = (await store.ReadAfterAsync(before.Select(site => site.Version).DefaultIfEmpty().Max())).Sites;
        Assert.Equal(["fast", "slow"], before.Concat(after).Select(site => site.Policy.Name).Order());
    }

    [FactWithPostgres]
    [Trait("Invariant", "I5")]
    public async Task A_change_that_the_database_did_not_confirm_is_unknown_and_not_published()
    {
        SiteNode one = await OpenAsync();
        (Site site, _) = await one.Registry.CreateAsync(Policy);
        await schema.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not today''; END';
            CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON site DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
            """);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => one.Registry.RotateAsync(site.Key, new RotationRequest(true, null)));
        Assert.True(one.Directory.TryGet(site.Key, out Site known));
        Assert.Equal(Generation.First, known.Generation);
    }

    private async Task<SiteNode> OpenAsync()
    {
        SiteNode node = await SiteNode.OpenAsync(schema.Options);
        nodes.Add(node);
        return node;
    }

    private sealed class SiteNode(PostgresDatabase database, PostgresSiteFeed feed, SiteRegistry registry) : IAsyncDisposable
    {
        public SiteRegistry Registry => registry;

        public SiteDirectory Directory => registry.Directory;

        public static async Task<SiteNode> OpenAsync(PostgresOptions options)
        {
            PostgresDatabase database = await PostgresDatabase.OpenAsync(options);
            PostgresSiteStore store = new(database);
            SiteDirectory directory = new([]);
            FreshSites fresh = new(store, directory);
            return new SiteNode(database, await PostgresSiteFeed.StartAsync(database, fresh.RefreshAllAsync), new SiteRegistry(directory, store, TimeProvider.System, fresh));
        }

        public async ValueTask DisposeAsync()
        {
            await feed.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
