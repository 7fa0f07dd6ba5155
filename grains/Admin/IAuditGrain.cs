namespace CaptchaCluster.Grains.Admin;

/// <summary>The audit log of the cluster, as gateways write and read it by way of any silo: none of them can change or remove an entry. Keys mean nothing: another one may lead to another silo.</summary>
[Alias("captchacluster.IAuditGrain")]
public interface IAuditGrain : IGrainWithIntegerKey
{
    /// <summary>Longer than the database takes to give up.</summary>
    const string Patience = "00:00:15";

    /// <summary>As <see cref="Storage.Audit.IAuditLog.AppendAsync"/>. Brought twice it is two entries.</summary>
    [Alias("Append"), ResponseTimeout(Patience)]
    Task<AuditReceipt> AppendAsync(AuditRecord entry);

    /// <summary>As <see cref="Storage.Audit.IAuditLog.ReadAsync"/>.</summary>
    [Alias("Read"), ResponseTimeout(Patience)]
    Task<AuditExtract> ReadAsync(long? after, int limit);
}

[GenerateSerializer, Immutable, Alias("captchacluster.AuditReceipt")]
public sealed class AuditReceipt
{
    /// <summary>Null: it may have been written, or not (I5).</summary>
    [Id(0)]
    public long? Sequence { get; init; }

    /// <summary>Why nothing is known; only without a sequence.</summary>
    [Id(1)]
    public string? Problem { get; init; }
}

[GenerateSerializer, Immutable, Alias("captchacluster.AuditExtract")]
public sealed class AuditExtract
{
    /// <summary>Null: they could not be read.</summary>
    [Id(0)]
    public byte[][]? Entries { get; init; }

    /// <summary>As in <see cref="Storage.Audit.AuditPage"/>, and so <see cref="Last"/>.</summary>
    [Id(1)]
    public long First { get; init; }

    [Id(2)]
    public long Last { get; init; }

    /// <summary>Why; only without entries.</summary>
    [Id(3)]
    public string? Problem { get; init; }
}
