using System.Net;
using System.Net.Sockets;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>What README offers to try.</summary>
[Collection(PostgresCollection.Name)]
public sealed class LocalDeploymentTests
{
    private static readonly string[] Parts = ["postgres", "gateway-1", "gateway-2", "gateway-3", "balancer"];

    [FactWithBalancer]
    [Trait("Invariant", "I1")]
    public async Task Three_gateways_behind_a_balancer_go_on_as_two_and_leave_nothing_behind()
    {
        await using LocalDeployment deployment = new();
        PrintedCommand first = PrintedCommand.In(await deployment.UpAsync());
        Assert.Equal(Verdict.Success, await first.VerifyAsync(deployment.BalancerPort, "first"));
        Assert.Equal(Verdict.Duplicate, await first.VerifyAsync(deployment.BalancerPort, "second"));

        string said = await deployment.UpAsync();
        Assert.StartsWith("It is already up.\n", said);
        PrintedCommand again = PrintedCommand.In(said);
        deployment.Kill("gateway-1");
        Assert.Equal(Verdict.Success, await again.VerifyAsync(deployment.BalancerPort, "first"));
        for (int i = 0; i < 4; i++) Assert.Equal(Verdict.Duplicate, await again.VerifyAsync(deployment.BalancerPort, $"later-{i}"));

        Assert.Contains("Starting gateway 1 ", await deployment.UpAsync());
        Assert.Equal(Verdict.Duplicate, await again.VerifyAsync(deployment.GatewayPort + 1, "second"));

        int[] processes = [.. Parts.Select(deployment.ProcessId)];
        string home = (await File.ReadAllTextAsync(Path.Combine(deployment.State, "postgres.home"))).Trim();
        Assert.Equal((0, "All is ended and removed.\n"), await deployment.DownAsync());
        Assert.DoesNotContain(processes, ProcessTree.IsRunning);
        Assert.False(Directory.Exists(deployment.State) || Directory.Exists(home));
        Assert.Equal((0, "Nothing is up.\n"), await deployment.DownAsync());
    }

    [FactWithBalancer]
    public async Task A_port_that_is_in_use_is_told_in_one_line()
    {
        await using LocalDeployment deployment = new();
        using TcpListener other = new(IPAddress.Loopback, deployment.AdminPort);
        other.Start();
        Assert.Equal(
            (1, $"Port {deployment.AdminPort} of 127.0.0.1 is in use: set ADMIN_PORT to another one, or end what listens there.\n"),
            await deployment.TryUpAsync());
        Assert.False(Directory.Exists(deployment.State));
    }
}
