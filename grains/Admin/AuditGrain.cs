using CaptchaCluster.Storage.Audit;
using Orleans.Concurrency;

namespace CaptchaCluster.Grains.Admin;

/// <summary>Two on each silo, each with one call at a time: however many gateways ask, a silo's few connections for administration suffice (I10).</summary>
[StatelessWorker(2), GrainType("captchacluster.audit")]
internal sealed class AuditGrain(IAuditLog log) : Grain, IAuditGrain
{
    public async Task<AuditReceipt> AppendAsync(AuditRecord entry)
    {
        try
        {
            return new AuditReceipt { Sequence = await log.AppendAsync(entry.ToEntry()) };
        }
        catch (IOException exception)
        {
            return new AuditReceipt { Problem = exception.Message };
        }
    }

    public async Task<AuditExtract> ReadAsync(long? after, int limit)
    {
        try
        {
            AuditPage page = await log.ReadAsync(after, limit);
            return new AuditExtract { Entries = [.. page.Entries.Select(entry => entry.ToArray())], First = page.First, Last = page.Last };
        }
        catch (IOException exception)
        {
            return new AuditExtract { Problem = exception.Message };
        }
    }
}
