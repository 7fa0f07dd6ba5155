namespace CaptchaCluster.Bench.Servers;

/// <summary>What the processes of a contender have used since they started.</summary>
/// <param name="FrontCpu">Of the server that is asked.</param>
/// <param name="StoreCpu">Of the database behind it, where there is one.</param>
/// <param name="Counts">Of the server that is asked.</param>
internal readonly record struct ContenderUse(TimeSpan FrontCpu, TimeSpan StoreCpu, CollectorCounts Counts)
{
    public ContenderUse Since(ContenderUse earlier) => new(FrontCpu - earlier.FrontCpu, StoreCpu - earlier.StoreCpu, Counts.Since(earlier.Counts));
}

/// <summary>A server that answers verifications, or seems to, with what it needs. Owns both.</summary>
/// <param name="Url">Where it is asked.</param>
/// <param name="Front">Which is asked.</param>
/// <param name="Store">The database behind it.</param>
internal sealed record Contender(Uri Url, DotnetServer Front, ServerProcess? Store = null) : IAsyncDisposable
{
    /// <exception cref="CaptchaCluster.Tests.Load.SetupException">One of them has ended.</exception>
    public async Task<ContenderUse> ReadUseAsync(CancellationToken cancelled)
    {
        CollectorCounts counts = await Front.CountAsync(cancelled);
        return new ContenderUse(ProcessUse.Cpu(Front.Id), Store is null ? TimeSpan.Zero : ProcessUse.Cpu(Store.Id), counts);
    }

    public async ValueTask DisposeAsync()
    {
        await Front.DisposeAsync();
        if (Store is not null) await Store.DisposeAsync();
    }
}
