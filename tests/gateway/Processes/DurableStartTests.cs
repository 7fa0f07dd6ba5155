namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>What an earlier start or change left unsynced when it was cut off is made durable before it is relied on.</summary>
[Collection(ProcessCollection.Name)]
public sealed class DurableStartTests
{
    [FactWithStrace]
    [Trait("Invariant", "I2")]
    [Trait("Invariant", "I8")]
    public async Task A_start_syncs_every_directory_whose_entries_it_goes_by()
    {
        using TestDirectory directory = new();
        await using (GatewayProcess first = await GatewayProcess.StartAsync(directory.Path)) await first.TerminateAsync();

        // No call comes near the one that would fail: this only watches.
        string log = Path.Combine(directory.Root, "strace.log");
        GatewayCommand watched = new(directory.Path) { Launcher = Strace.Launcher(log, "60000") };
        await using (GatewayProcess second = await GatewayProcess.StartAsync(watched)) await second.TerminateAsync();

        string[] synced = [.. File.ReadLines(log).Where(line => line.Contains("fsync(") && line.TrimEnd().EndsWith("= 0", StringComparison.Ordinal))];
        string data = directory.Path;
        foreach (string path in new[] { Path.GetDirectoryName(data)!, data, Path.Combine(data, "ledger"), Path.Combine(data, "sites") })
            Assert.Contains(synced, line => line.Contains($"<{path}>"));
    }
}
