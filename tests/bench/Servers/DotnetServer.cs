using System.Globalization;

namespace CaptchaCluster.Bench.Servers;

/// <summary>What the collector of a server has counted.</summary>
/// <param name="Allocated">Bytes since it started.</param>
/// <param name="Heap">Bytes that the managed heap holds, garbage included.</param>
/// <param name="Collections">Since it started.</param>
/// <param name="Paused">How long collections have stopped it.</param>
internal readonly record struct CollectorCounts(long Allocated, long Heap, long Collections, TimeSpan Paused)
{
    public CollectorCounts And(CollectorCounts other) =>
        new(Allocated + other.Allocated, Heap + other.Heap, Collections + other.Collections, Paused + other.Paused);

    public CollectorCounts Since(CollectorCounts earlier) =>
        new(Allocated - earlier.Allocated, Heap - earlier.Heap, Collections - earlier.Collections, Paused - earlier.Paused);
}

/// <summary>What a gateway has sent to silos since it started.</summary>
/// <param name="Calls">Each with a batch.</param>
/// <param name="Requests">In all of them.</param>
internal readonly record struct ShardCalls(long Calls, long Requests)
{
    public ShardCalls And(ShardCalls other) => new(Calls + other.Calls, Requests + other.Requests);

    public ShardCalls Since(ShardCalls earlier) => new(Calls - earlier.Calls, Requests - earlier.Requests);
}

/// <summary>A server of ours that runs on .NET, with the probe inside.</summary>
internal sealed class DotnetServer : IAsyncDisposable
{
    private readonly ServerProcess process;
    private int questions;

    private DotnetServer(ServerProcess process) => this.process = process;

    public int Id => process.Id;

    /// <param name="assembly">Beside this one, as it was built; or its path.</param>
    /// <param name="arguments">For it.</param>
    /// <param name="environment">Added to what it inherits.</param>
    public static DotnetServer Start(string assembly, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) => new(ServerProcess.Start(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [PathOf(assembly), .. arguments],
        [("DOTNET_STARTUP_HOOKS", PathOf("CaptchaCluster.Bench.Probe.dll")), .. environment]));

    /// <inheritdoc cref="ServerProcess.LineAsync"/>
    public Task<string> LineAsync(Func<string, bool> matches, CancellationToken cancelled) => process.LineAsync(matches, cancelled);

    public Task<CollectorCounts> CountAsync(CancellationToken cancelled) => CountAsync("count", cancelled);

    /// <summary>Collects all garbage before it counts.</summary>
    public Task<CollectorCounts> CollectAsync(CancellationToken cancelled) => CountAsync("collect", cancelled);

    public async Task<ShardCalls> CountCallsAsync(CancellationToken cancelled) =>
        await AskAsync("calls", cancelled) is [var calls, var requests] ? new ShardCalls(calls, requests) : default;

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private async Task<CollectorCounts> CountAsync(string question, CancellationToken cancelled)
    {
        long[] counts = await AskAsync(question, cancelled);
        return new CollectorCounts(counts[0], counts[1], counts[2], new TimeSpan(counts[3]));
    }

    private async Task<long[]> AskAsync(string question, CancellationToken cancelled)
    {
        string number = (++questions).ToString(CultureInfo.InvariantCulture);
        await process.SayAsync($"{number} {question}");
        string answer = await process.LineAsync(line => line.StartsWith($"probe {number} ", StringComparison.Ordinal), cancelled);
        return [.. answer.Split(' ')[2..].Select(count => long.Parse(count, CultureInfo.InvariantCulture))];
    }

    private static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly);
}
