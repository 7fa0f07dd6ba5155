using CaptchaCluster.Grains.Admin;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Silo.Admin;

/// <summary>The audit log that all gateways of a cluster share, by way of whichever silo is asked.</summary>
/// <param name="silos">Of the cluster.</param>
/// <param name="node">What this gateway is called in its entries.</param>
internal sealed class ClusterAuditLog(AnySilo silos, string node) : IAuditLog
{
    private volatile bool isFailing;

    public bool IsFailing => isFailing;

    public async Task<long> AppendAsync(AuditEntry entry)
    {
        try
        {
            // Once: after a call that failed nobody knows whether it was written, and a second would be another entry.
            AuditRecord record = AuditRecord.Of(entry with { Node = node });
            AuditReceipt receipt = await silos.AskOnceAsync((IAuditGrain grain) => grain.AppendAsync(record)).ConfigureAwait(false);
            long sequence = receipt.Sequence ?? throw new IOException(receipt.Problem ?? "The silo did not confirm an entry of the audit log.");
            isFailing = false;
            return sequence;
        }
        catch (Exception exception)
        {
            isFailing = true;
            if (exception is IOException) throw;
            throw new IOException($"The audit log of the cluster cannot be written: {exception.Message}", exception);
        }
    }

    public async ValueTask<AuditPage> ReadAsync(long? after, int limit)
    {
        try
        {
            AuditExtract extract = await silos.AskAsync((IAuditGrain grain) => grain.ReadAsync(after, limit)).ConfigureAwait(false);
            return extract.Entries is { } entries
                ? new AuditPage([.. entries.Select(entry => (ReadOnlyMemory<byte>)entry)], extract.First, extract.Last)
                : throw new IOException(extract.Problem ?? "The audit log could not be read.");
        }
        catch (Exception exception) when (exception is not IOException)
        {
            throw new IOException($"The audit log of the cluster cannot be read: {exception.Message}", exception);
        }
    }
}
