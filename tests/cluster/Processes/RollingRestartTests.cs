using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.CommandLine;
using CaptchaCluster.Tests.Load.Reports;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Processes;

[Collection(PostgresCollection.Name)]
public sealed class RollingRestartTests(PostgresFixture server)
{
    private const int Rate = 200;

    /// <summary>Every process of the cluster once, one after the other; the load tester is the judge: no wrong verdict, no 503, no connection that is cut off.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task A_rolling_restart_under_load_fails_no_verification_and_shards_spread_again()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        ClusterProcesses.SiloPorts[] ports = [.. Enumerable.Range(0, 3).Select(_ => ClusterProcesses.NewPorts())];
        GatewayProcess[] silos = await Task.WhenAll(ports.Select(own => cluster.StartSiloAsync(own)));
        string[][] addresses = [.. Enumerable.Range(0, 2).Select(_ => new[] { AddressOf("Listen"), AddressOf("AdminListen") })];
        GatewayProcess[] gateways = await Task.WhenAll(addresses.Select(own => cluster.StartGatewayAsync(own)));
        await using ShardCensus census = await ShardCensus.ConnectAsync(cluster.ConnectionString);

        using CancellationTokenSource ending = new();
        Judge judge = new();
        Task<LoadReport> judged = new LoadTest(OptionsOf(gateways), TimeProvider.System, new Progress(judge)).RunAsync(ending.Token);
        await judge.MoreAsync();
        for (int i = 0; i < silos.Length; i++)
        {
            GatewayExit exit = await silos[i].TerminateAsync();
            Assert.True(exit.Code == 0, $"{exit.Code}: {exit.Errors}\n{silos[i].Output}");
            await judge.MoreAsync();
            silos[i] = await cluster.StartSiloAsync(ports[i]);
            await judge.MoreAsync();
        }

        for (int i = 0; i < gateways.Length; i++)
        {
            GatewayExit exit = await gateways[i].TerminateAsync();
            Assert.True(exit.Code == 0, $"{exit.Code}: {exit.Errors}\n{gateways[i].Output}");
            await judge.MoreAsync();
            gateways[i] = await cluster.StartGatewayAsync(addresses[i]);
            await judge.MoreAsync();
        }

        await census.EachServesAsync(ports.Select(own => own.Silo));
        Assert.False(judged.IsCompleted, "The load has ended too early.");
        await ending.CancelAsync();
        LoadReport report = await judged.WaitAsync(GatewayProcess.Patience);
        string text = TextReport.Compose(report);
        Assert.True(report.ExitCode == ExitCode.AllRight, text);
        Assert.True(report.Whole().Total is { Unknown: 0, Failed: 0 }, text);
    }

    private static string AddressOf(string listener) => $"--Gateway:{listener}=http://127.0.0.1:{FreePort.Next()}";

    /// <summary>Longer than it can take; every token is minted before.</summary>
    private static LoadOptions OptionsOf(GatewayProcess[] gateways)
    {
        TimeSpan duration = TimeSpan.FromMinutes(5);
        return new LoadOptions
        {
            Urls = [.. gateways.Select(gateway => new Uri(gateway.Public.BaseAddress!, "/siteverify"))],
            Admin = gateways[0].Admin.Http.BaseAddress,
            AdminKey = GatewayProcess.AdminKey,
            Mix = Load.Mix.MixShares.Parse("fresh=70,duplicate=10,forged=5,expired=5,retry=10"),
            Rates = Load.Arrivals.RatePlans.Parse($"{Rate}", duration),
            Duration = duration,
            Connections = 16,
        };
    }

    /// <summary>Hears of every second of the load test.</summary>
    private sealed class Judge : StringWriter
    {
        private readonly SemaphoreSlim said = new(0);

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value!.Contains("/s ", StringComparison.Ordinal)) said.Release();
        }

        /// <summary>Completes once the load has gone on for two seconds more.</summary>
        public async Task MoreAsync()
        {
            while (said.CurrentCount > 0) await said.WaitAsync();
            for (int i = 0; i < 2; i++) Assert.True(await said.WaitAsync(GatewayProcess.Patience), ToString());
        }
    }
}
