namespace CaptchaCluster.Bench.Servers;

/// <summary>What the processes of a contender have used since they started.</summary>
/// <param name="FrontCpu">Of the servers that are asked.</param>
/// <param name="Store">Of the database behind them, where there is one.</param>
/// <param name="Counts">Of the servers that are asked.</param>
internal readonly record struct ContenderUse(TimeSpan FrontCpu, DatabaseUse Store, CollectorCounts Counts)
{
    public ContenderUse Since(ContenderUse earlier) => new(FrontCpu - earlier.FrontCpu, Store.Since(earlier.Store), Counts.Since(earlier.Counts));
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

    /// <summary>The only one.</summary>
    public Front Front => Fronts.Single();

    /// <summary>What knows the tokens that were spent here.</summary>
    public object Memory => (object?)Store ?? Front.Server;

    /// <exception cref="CaptchaCluster.Tests.Load.SetupException">One of them has ended.</exception>
    public async Task<ContenderUse> ReadUseAsync(CancellationToken cancelled)
    {
        CollectorCounts counts = default;
        foreach (Front front in Fronts) counts = counts.And(await front.Server.CountAsync(cancelled));
        DatabaseUse store = Store is null ? default : await Store.ReadUseAsync(cancelled);
        return new ContenderUse(Fronts.Aggregate(TimeSpan.Zero, (cpu, front) => cpu + ProcessUse.Cpu(front.Server.Id)), store, counts);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Front front in Fronts) await front.Server.DisposeAsync();
        if (Store is not null) await Store.DisposeAsync();
    }
}
