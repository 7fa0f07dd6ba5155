using System.Diagnostics.Metrics;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Hosting;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tokens;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class OverloadTests(PostgresFixture server)
{
    /// <summary>Overloaded is what the edge answers 503 for, at once.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task What_a_gateway_holds_for_a_silo_that_does_not_answer_is_bounded_and_the_rest_is_turned_away_at_once()
    {
        const int bound = 3;
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        GatewayProcess silo = await cluster.StartSiloAsync(ClusterProcesses.NewPorts(), "--Cluster:Shards=1");
        await using ClientMember member = await ClusterClient.ConnectAsync(cluster.ConnectionString);
        using Meter meter = new(nameof(OverloadTests));
        await using LedgerWatch ledger = await LedgerWatch.StartAsync(new AnySilo(member.Client), TimeProvider.System, NullLogger.Instance);
        ShardCallLog log = new(meter, NullLogger<ShardCallLog>.Instance, TimeProvider.System);
        ShardLinkOptions options = new() { MaxQueued = bound, Budget = GatewayProcess.Patience };
        ClusterRedeemer redeemer = new(member.Client, ledger, log, options, TimeProvider.System);

        silo.Pause();
        Task<RedemptionOutcome>[] held = [.. Enumerable.Range(0, bound).Select(_ => redeemer.RedeemAsync(Request()).AsTask())];
        Task<PeekOutcome>[] looks = [.. Enumerable.Range(0, bound).Select(_ => redeemer.PeekAsync(TokenId.New(), Later()).AsTask())];
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(RedemptionStatus.Overloaded, Now(redeemer.RedeemAsync(Request())).Status);
            Assert.Equal(PeekStatus.Overloaded, Now(redeemer.PeekAsync(TokenId.New(), Later())).Status);
        }

        Assert.Equal(2 * bound, redeemer.Queued);
        Assert.DoesNotContain(held, answer => answer.IsCompleted);

        silo.Continue();
        foreach (Task<RedemptionOutcome> answer in held) Assert.Equal(RedemptionStatus.Retired, (await answer.WaitAsync(GatewayProcess.Patience)).Status); // of no site
        foreach (Task<PeekOutcome> answer in looks) Assert.Equal(PeekStatus.Unspent, (await answer.WaitAsync(GatewayProcess.Patience)).Status);
        Assert.Equal(0, redeemer.Queued);
    }

    private static T Now<T>(ValueTask<T> answer)
    {
        Assert.True(answer.IsCompleted);
        return answer.Result;
    }

    private static RedemptionRequest Request() => new(TokenId.New(), Later(), SiteKey.New(), Generation.First, AttemptKey.New());

    private static UnixSeconds Later() => UnixSeconds.Now(TimeProvider.System) + 600;
}
