using CaptchaCluster.Redemption;

namespace CaptchaCluster.Storage.Postgres;

public sealed record PostgresOptions
{
    /// <summary>As Npgsql reads it. Its "Search Path" names the schema; without one that is <see cref="DefaultSchema"/>.</summary>
    public required string ConnectionString { get; init; }

    public const string DefaultSchema = "captchacluster";

    /// <summary>Seconds; partitions are kept ready for tokens that live so long. Default 7200.</summary>
    public int MaxTtlSeconds { get; init; } = 7200;

    /// <summary>Seconds that clocks may be apart; redemptions are kept that much longer than their tokens live. Default 300.</summary>
    public int MaxClockSkewSeconds { get; init; } = 300;

    /// <summary>The database came from a backup (<c>--restored</c>): every token issued until now is refused from now on.</summary>
    public bool Restored { get; init; }

    /// <summary>Accept a server that may lose what it has confirmed (<c>fsync</c> or <c>full_page_writes</c> off). Default false.</summary>
    public bool AllowVolatileServer { get; init; }

    /// <summary>
    /// Connections of this process at most: for each of two shards one that commits and one that purges, one for the upkeep, one
    /// that listens for changes of sites, one that reads them then, and one that reads those of unknown secrets.
    /// </summary>
    internal const int ServiceConnections = 8;

    /// <summary>More for the admin API. Most of what it asks for waits for the one row that numbers the entries of the audit log.</summary>
    internal const int AdministrationConnections = 2;

    /// <summary>After which the server gives up a statement. Default 5 s.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After which the server gives up waiting for a lock. Default 2 s.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For which a purge holds up who inserts, at most, to get at the table; then it is put off. Default 250 ms.</summary>
    public TimeSpan PurgeLockTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Within which one commit is tried again after a connection was lost. Default 5 s.</summary>
    public TimeSpan CommitPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the ledger's state is looked at; a partition is made ahead of need then. Default 1 s.</summary>
    public TimeSpan UpkeepInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Seconds of expiry that share a partition, and are dropped together: about 24 partitions in all.</summary>
    internal int PartitionSeconds => Math.Max(10, (LongestSeconds + (3 * MaxClockSkewSeconds)) / 24);

    /// <summary>Seconds ahead of the database's clock in which a genuine token can expire: its minter's and its verifier's clock may both run ahead.</summary>
    internal int ReachSeconds => LongestSeconds + (2 * MaxClockSkewSeconds) + PartitionSeconds;

    // Of what the ledger is asked to keep; see IRedemptionStore.CommitAsync.
    private int LongestSeconds => Math.Max(MaxTtlSeconds, 2 * NonceRedeemer.MaxLifetimeSeconds);
}

/// <summary>A database that cannot be used. The message is one line: it names the thing, its value and the fix.</summary>
public sealed class DatabaseException(string message, Exception? inner = null) : Exception(message, inner);
