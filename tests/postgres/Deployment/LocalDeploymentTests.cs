using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>What README offers to try.</summary>
[Collection(PostgresCollection.Name)]
public sealed partial class LocalDeploymentTests
{
    private static readonly string[] Parts = ["postgres", "gateway-1", "gateway-2", "gateway-3", "balancer"];

    [FactWithBalancer]
    [Trait("Invariant", "I1")]
    public async Task Three_gateways_behind_a_balancer_go_on_as_two_and_leave_nothing_behind()
    {
        await using LocalDeployment deployment = new();
        string first = await UpAsync(deployment);
        Assert.Equal(Verdict.Success, await VerifyAsync(deployment.BalancerPort, first, "first"));
        Assert.Equal(Verdict.Duplicate, await VerifyAsync(deployment.BalancerPort, first, "second"));

        string again = await UpAsync(deployment);
        Assert.StartsWith("It is already up.\n", again);
        Kill(deployment.ProcessId("gateway-1"));
        Assert.Equal(Verdict.Success, await VerifyAsync(deployment.BalancerPort, again, "first"));
        for (int i = 0; i < 4; i++) Assert.Equal(Verdict.Duplicate, await VerifyAsync(deployment.BalancerPort, again, $"later-{i}"));

        Assert.Contains("Starting gateway 1 ", await UpAsync(deployment));
        Assert.Equal(Verdict.Duplicate, await VerifyAsync(deployment.GatewayPort + 1, again, "second"));

        int[] processes = [.. Parts.Select(deployment.ProcessId)];
        string home = (await File.ReadAllTextAsync(Path.Combine(deployment.State, "postgres.home"))).Trim();
        Assert.Equal((0, "All is ended and removed.\n"), await deployment.DownAsync());
        Assert.DoesNotContain(processes, IsRunning);
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
            await deployment.UpAsync());
        Assert.False(Directory.Exists(deployment.State));
    }

    private static async Task<string> UpAsync(LocalDeployment deployment)
    {
        (int code, string said) = await deployment.UpAsync();
        Assert.True(code == 0, said);
        return said;
    }

    /// <summary>What the command that was printed would do; again with the same key where the outcome is unknown, as the balancer may not have noticed yet who is gone.</summary>
    private static async Task<Verdict> VerifyAsync(int port, string said, string key)
    {
        Match command = Command().Match(said);
        Assert.True(command.Success, said);
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = GatewayProcess.Patience };
        while (true)
        {
            using FormUrlEncodedContent form = new([new("secret", command.Groups[1].Value), new("response", command.Groups[2].Value), new("idempotency_key", key)]);
            Answer answer = await Answer.OfAsync(http, form);
            Assert.True(answer.HasCome, $"{answer.Failure}");
            if (!answer.IsUndecided) return answer.Verdict;
        }
    }

    private static void Kill(int id)
    {
        using Process process = Process.GetProcessById(id);
        process.Kill();
    }

    private static bool IsRunning(int id) => File.Exists($"/proc/{id}/status") && !File.ReadAllText($"/proc/{id}/status").Contains("State:\tZ", StringComparison.Ordinal);

    [GeneratedRegex("^curl -d secret=(\\S+) -d response=(\\S+) http", RegexOptions.Multiline)]
    private static partial Regex Command();
}
