using CaptchaCluster.Silo.Hosting;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Silo.Sites;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.Postgres.Server;

namespace CaptchaCluster.Tests.Cluster.Sites;

[Collection(PostgresCollection.Name)]
public sealed class ManySitesTests(PostgresFixture server)
{
    private static readonly SitePolicy Policy = new() { Name = "a site", TokenTtlSeconds = 600 };

    /// <summary>No message grows with how many sites there are.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task A_gateway_reads_all_sites_page_by_page_and_what_changes_after_that()
    {
        const int count = (2 * SitePage.MaxSites) + 1;
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        await cluster.StartSiloAsync(ClusterProcesses.NewPorts());
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = cluster.ConnectionString });
        SiteRegistry elsewhere = new(new SiteDirectory([]), new PostgresSiteStore(database), TimeProvider.System);
        for (int i = 0; i < count; i++) await elsewhere.CreateAsync(Policy);

        await using ClientMember member = await ClusterClient.ConnectAsync(cluster.ConnectionString);
        ClusterSiteSource source = new(new AnySilo(member.Client));
        SitePage page = await source.ReadAfterAsync(0);
        Assert.Equal((SitePage.MaxSites, false), (page.Sites.Count, page.IsLast));
        Assert.Equal(page.Sites.Select(site => site.Version).Order(), page.Sites.Select(site => site.Version));

        SiteDirectory directory = new([]);
        FreshSites fresh = new(source, directory);
        await fresh.RefreshAllAsync();
        Assert.Equal(elsewhere.Directory.List().Select(site => site.Key.ToString()).Order(), directory.List().Select(site => site.Key.ToString()).Order());

        SiteKey first = page.Sites[0].Key;
        Task changed = source.WaitForChangeAsync(fresh.ScannedVersion);
        await elsewhere.ChangeAsync(first, policy => policy with { Name = "another name" });
        await changed;
        while (directory.TryGet(first, out Site site) && site.Policy.Name != "another name") await fresh.RefreshAllAsync();
    }
}
