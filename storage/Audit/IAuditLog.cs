namespace CaptchaCluster.Storage.Audit;

/// <summary>What was done by administrators, append-only, numbered without a gap; the oldest entries are dropped.</summary>
public interface IAuditLog
{
    /// <summary>The last write failed, so the next may fail too.</summary>
    bool IsFailing { get; }

    /// <summary>
    /// Returns the entry's sequence once it is durable. Throws <see cref="IOException"/> where it is not: then it may be found
    /// later all the same.
    /// </summary>
    Task<long> AppendAsync(AuditEntry entry);

    /// <param name="after">Entries of larger sequences; null: the newest ones.</param>
    /// <param name="limit">At most so many.</param>
    /// <exception cref="IOException">They cannot be read.</exception>
    ValueTask<AuditPage> ReadAsync(long? after, int limit);
}
