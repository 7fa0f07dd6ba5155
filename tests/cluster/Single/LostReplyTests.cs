using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Hosting;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Silo.Sites;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Cluster.Delivery;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tokens;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Cluster.Single;

/// <summary>The embedded ledger records whose attempt it was, so what a gateway brings again is known for the same.</summary>
[Collection(PostgresCollection.Name)] // none of the others is to take the processors meanwhile
public sealed class LostReplyTests
{
    [Fact]
    [Trait("Invariant", "I4")]
    public async Task A_success_whose_reply_was_lost_is_had_by_asking_again_also_of_the_silo_that_was_started_since()
    {
        using TestDirectory directory = new();
        using Meter meter = new(nameof(LostReplyTests));
        RedemptionRequest request;
        await using (SiloMember silo = await StartAsync(directory, meter))
        {
            AnySilo silos = new(silo.Client);
            SiteRegistry sites = new(new SiteDirectory([]), new ClusterSiteStore(silo.Client, new ClusterSiteSource(silos)), TimeProvider.System);
            (Site site, _) = await sites.CreateAsync(new SitePolicy { Name = "a site", TokenTtlSeconds = 600 });
            request = new RedemptionRequest(TokenId.New(), UnixSeconds.Now(TimeProvider.System) + 600, site.Key, site.Generation, AttemptKey.New());
            int lost = 0;
            RedemptionOutcome outcome = await RedeemAsync(silo, meter, request, async deliver =>
            {
                ShardReply reply = await deliver();
                return Interlocked.Increment(ref lost) <= 2 ? throw new TimeoutException() : reply;
            });
            Assert.Equal((RedemptionStatus.Replayed, 3), (outcome.Status, lost));
        }

        await using SiloMember later = await StartAsync(directory, meter);
        Assert.Equal(RedemptionStatus.Replayed, (await RedeemAsync(later, meter, request, deliver => deliver())).Status);
        Assert.Equal(RedemptionStatus.Duplicate, (await RedeemAsync(later, meter, request with { Attempt = AttemptKey.New() }, deliver => deliver())).Status);
    }

    private static Task<SiloMember> StartAsync(TestDirectory directory, Meter meter)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:Role"] = "silo",
            ["Cluster:Clustering"] = "single",
            ["Cluster:AdvertisedAddress"] = "127.0.0.1",
            ["Cluster:SiloPort"] = $"{FreePort.Next()}",
            ["Cluster:GatewayPort"] = $"{FreePort.Next()}",
            ["Gateway:DataDirectory"] = directory.Path,
        }).Build();
        NodeSettings settings = NodeSettings.ReadOfMember(configuration, "/");
        NodeStart start = new(settings, Restored: false, meter, TimeProvider.System, NullLoggerFactory.Instance);
        return SiloMember.StartAsync(ClusterSettings.Read(configuration, settings), start);
    }

    private static async Task<RedemptionOutcome> RedeemAsync(SiloMember silo, Meter meter, RedemptionRequest request, Delivery.Delivery delivery)
    {
        IGrainFactory grains = SpoiledShards.Of(silo.Client, delivery);
        await using LedgerWatch ledger = await LedgerWatch.StartAsync(new AnySilo(grains), TimeProvider.System, NullLogger.Instance);
        ShardCallLog log = new(meter, NullLogger<ShardCallLog>.Instance, TimeProvider.System);
        ShardLinkOptions options = new() { Budget = GatewayProcess.Patience, FirstPause = TimeSpan.FromMilliseconds(1) };
        return await new ClusterRedeemer(grains, ledger, log, options, TimeProvider.System).RedeemAsync(request);
    }
}
