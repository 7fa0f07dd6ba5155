using System.Globalization;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Deployment;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Deployment;

/// <summary>What README offers to try: <c>deploy/local/up.sh --orleans</c>.</summary>
[Collection(PostgresCollection.Name)]
public sealed class LocalClusterTests
{
    private static readonly string[] Parts = ["postgres", "silo-1", "silo-2", "silo-3", "gateway-1", "gateway-2", "balancer"];

    [FactWithBalancer]
    [Trait("Invariant", "I1")]
    public async Task Three_silos_and_two_gateways_go_on_without_one_of_each_and_leave_nothing_behind()
    {
        await using LocalDeployment deployment = new("--orleans");
        string said = await deployment.UpAsync();
        Assert.Contains("two gateways before three silos", said);
        PrintedCommand first = PrintedCommand.In(said);
        Assert.Equal(Verdict.Success, await first.VerifyAsync(deployment.BalancerPort, "first"));
        Assert.Equal(Verdict.Duplicate, await first.VerifyAsync(deployment.BalancerPort, "second"));
        foreach (int port in Enumerable.Range(1, 3).SelectMany(silo => new[] { 20, 30, 40 }.Select(kind => deployment.GatewayPort + kind + silo)))
            Assert.Equal(["127.0.0.1"], ListeningAt(port));

        said = await deployment.UpAsync();
        Assert.StartsWith("It is already up.\n", said);
        PrintedCommand again = PrintedCommand.In(said), last = PrintedCommand.In(await deployment.UpAsync());
        (int code, string refusal) = await deployment.TryUpAsync();
        Assert.True(code == 1 && refusal.Contains("up.sh --orleans starts. End it with", StringComparison.Ordinal), refusal);

        deployment.Kill("silo-1");
        deployment.Kill("gateway-1");
        Assert.Equal(Verdict.Success, await again.VerifyAsync(deployment.BalancerPort, "first"));
        Assert.Equal(Verdict.Success, await again.VerifyAsync(deployment.BalancerPort, "first"));
        for (int i = 0; i < 4; i++) Assert.Equal(Verdict.Duplicate, await again.VerifyAsync(deployment.BalancerPort, $"later-{i}"));
        string secret = await RotateAsync(deployment);
        Assert.Equal(Verdict.InvalidSecret, await last.VerifyAsync(deployment.BalancerPort, "old"));
        Assert.Equal(Verdict.Success, await (last with { Secret = secret }).VerifyAsync(deployment.BalancerPort, "new"));

        said = await deployment.UpAsync();
        Assert.Contains("Starting silo 1 ", said);
        Assert.Contains("Starting gateway 1 ", said);
        Assert.Equal(Verdict.Duplicate, await (again with { Secret = secret }).VerifyAsync(deployment.GatewayPort + 1, "second"));

        int[] processes = [.. Parts.Select(deployment.ProcessId)];
        string home = (await File.ReadAllTextAsync(Path.Combine(deployment.State, "postgres.home"))).Trim();
        Assert.Equal((0, "All is ended and removed.\n"), await deployment.DownAsync());
        Assert.DoesNotContain(processes, ProcessTree.IsRunning);
        Assert.False(Directory.Exists(deployment.State) || Directory.Exists(home));
    }

    [FactWithBalancer]
    public async Task What_it_does_not_know_is_answered_by_how_it_is_called()
    {
        await using LocalDeployment deployment = new();
        (int code, string said) = await deployment.TryUpAsync("--orlean");
        Assert.True(code == 1 && said.StartsWith("usage: ", StringComparison.Ordinal) && said.EndsWith("[--orleans]\n", StringComparison.Ordinal), said);
    }

    /// <summary>Through the balancer, which may not have noticed yet who is gone: again until it is known to be done.</summary>
    private static async Task<string> RotateAsync(LocalDeployment deployment)
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{deployment.AdminPort}"), Timeout = GatewayProcess.Patience };
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(deployment.State, "admin.key"))).Trim());
        AdminClient admin = new(http);
        string sitekey = File.ReadLines(Path.Combine(deployment.State, "demo")).First().Split('=')[1], id = $"rotation-{Guid.NewGuid()}";
        while (true)
        {
            try
            {
                return (await admin.RotateAsync(sitekey, immediately: true, id)).GetProperty("secret").GetString()!;
            }
            catch (AdminException exception) when (exception.IsUnknown)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Addresses, as the kernel lists them: <c>sl local_address rem_address st …</c>, hexadecimal, 0A listens.</summary>
    private static string[] ListeningAt(int port) =>
    [
        .. new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .Where(File.Exists)
            .SelectMany(path => File.ReadLines(path).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[3] == "0A" && words[1].EndsWith($":{port:X4}", StringComparison.Ordinal))
            .Select(words => words[1].Split(':')[0])
            .Select(address => address.Length == 8
                ? new System.Net.IPAddress(uint.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()
                : address),
    ];
}
