namespace CaptchaCluster.Bench.Servers;

/// <summary>What a database has used since it started; 0 of what it does not tell.</summary>
/// <param name="Cpu">Time that its processes were on a processor.</param>
/// <param name="Commits">Transactions that wrote.</param>
/// <param name="LogBytes">Of its write-ahead log.</param>
/// <param name="TableBytes">Of the redemptions, without their index.</param>
/// <param name="IndexBytes">Of their index.</param>
internal readonly record struct DatabaseUse(TimeSpan Cpu, long Commits = 0, long LogBytes = 0, long TableBytes = 0, long IndexBytes = 0)
{
    public DatabaseUse Since(DatabaseUse earlier) => new(
        Cpu - earlier.Cpu, Commits - earlier.Commits, LogBytes - earlier.LogBytes, TableBytes - earlier.TableBytes, IndexBytes - earlier.IndexBytes);
}

/// <summary>A database behind the servers that are asked.</summary>
internal interface IDatabase : IAsyncDisposable
{
    Task<DatabaseUse> ReadUseAsync(CancellationToken cancelled);
}
