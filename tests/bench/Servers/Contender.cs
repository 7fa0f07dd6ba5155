namespace CaptchaCluster.Bench.Servers;

/// <summary>What the processes of a contender have used since they started.</summary>
/// <param name="FrontCpu">Of the servers that are asked.</param>
/// <param name="SiloCpu">Of the silos behind them, where there are some.</param>
/// <param name="Store">Of the database behind all, where there is one.</param>
/// <param name="Counts">Of the servers that are asked.</param>
/// <param name="Calls">Of the servers that are asked, to silos; null where there are none.</param>
internal readonly record struct ContenderUse(TimeSpan FrontCpu, TimeSpan SiloCpu, DatabaseUse Store, CollectorCounts Counts, ShardCalls? Calls)
{
    public TimeSpan Cpu => FrontCpu + SiloCpu + Store.Cpu;

    public ContenderUse Since(ContenderUse earlier) => new(
        FrontCpu - earlier.FrontCpu,
        SiloCpu - earlier.SiloCpu,
        Store.Since(earlier.Store),
        Counts.Since(earlier.Counts),
        Calls is { } calls && earlier.Calls is { } before ? calls.Since(before) : null);
}

/// <summary>A server that is asked.</summary>
/// <param name="Url">Where.</param>
/// <param name="Server">Its process.</param>
internal sealed record Front(Uri Url, DotnetServer Server);

/// <summary>Servers that answer verifications, or seem to, as one, with what they need. Owns all of it.</summary>
/// <param name="Fronts">Connections are spread over them evenly.</param>
/// <param name="Store">The database behind them.</param>
internal sealed record Contender(IReadOnlyList<Front> Fronts, IDatabase? Store = null) : IAsyncDisposable
{
    public Contender(Uri url, DotnetServer server, IDatabase? store = null)
        : this([new Front(url, server)], store)
    {
    }

    /// <summary>Between the fronts and the database.</summary>
    public IReadOnlyList<DotnetServer> Silos { get; init; } = [];

    /// <summary>The only one.</summary>
    public Front Front => Fronts.Single();

    /// <summary>What knows the tokens that were spent here.</summary>
    public object Memory => (object?)Store ?? Front.Server;

    /// <exception cref="CaptchaCluster.Tests.Load.SetupException">One of them has ended.</exception>
    public async Task<ContenderUse> ReadUseAsync(CancellationToken cancelled)
    {
        CollectorCounts counts = default;
        ShardCalls calls = default;
        foreach (Front front in Fronts)
        {
            counts = counts.And(await front.Server.CountAsync(cancelled));
            if (Silos.Count > 0) calls = calls.And(await front.Server.CountCallsAsync(cancelled));
        }

        DatabaseUse store = Store is null ? default : await Store.ReadUseAsync(cancelled);
        return new ContenderUse(CpuOf(Fronts.Select(front => front.Server)), CpuOf(Silos), store, counts, Silos.Count > 0 ? calls : null);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Front front in Fronts) await front.Server.DisposeAsync();
        foreach (DotnetServer silo in Silos) await silo.DisposeAsync();
        if (Store is not null) await Store.DisposeAsync();
    }

    private static TimeSpan CpuOf(IEnumerable<DotnetServer> servers) => servers.Aggregate(TimeSpan.Zero, (cpu, server) => cpu + ProcessUse.Cpu(server.Id));
}
