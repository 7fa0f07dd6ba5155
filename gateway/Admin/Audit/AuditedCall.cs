using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>One call of the admin API, on its way into the audit log.</summary>
/// <param name="audit">Where it is written.</param>
/// <param name="entry">Who, what, from where.</param>
/// <param name="isFrequent">See <see cref="AuditedAction.IsFrequent"/>.</param>
internal sealed class AuditedCall(AdminAudit audit, AuditEntry entry, bool isFrequent)
{
    private long? started;

    /// <summary>To be called before the deed; an error means that it must not be done.</summary>
    public async ValueTask<AdminError?> StartAsync()
    {
        if (isFrequent) return null;
        started = await audit.TryAppendAsync(entry with { IsIntent = true });
        return started is null ? AdminError.AuditUnavailable : null;
    }

    /// <summary>To be called before the reply leaves; returns what may.</summary>
    /// <param name="reply">What came of it.</param>
    /// <param name="members">What the call named.</param>
    public async ValueTask<AdminReply> EndAsync(AdminReply reply, IReadOnlyList<string> members)
    {
        AuditEntry end = entry with
        {
            Target = reply.Target ?? entry.Target,
            Of = started,
            Tokens = reply.Tokens,
            Status = reply.Status,
            Error = (reply as AdminError)?.Code,
        };
        if (isFrequent) return await audit.TryCountAsync(end) ? reply : AdminError.AuditUnavailable;
        if (await audit.TryAppendAsync(end with { Members = members }) is not null) return reply;

        // What was done is done; that it was begun is in the log.
        return reply is AdminError ? reply : AdminError.OutcomeUnknown;
    }
}
