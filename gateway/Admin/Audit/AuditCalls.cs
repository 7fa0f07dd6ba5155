using System.Text.Json;
using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>Lets the audit log be read.</summary>
internal sealed class AuditCalls(AdminAudit audit)
{
    private const int MaxLimit = 1000;
    private const int DefaultLimit = 100;

    public async ValueTask<AdminReply> ReadAsync(string none, JsonMembers query)
    {
        long? after = query.Integer("after", 0, long.MaxValue - 1);
        long limit = query.Integer("limit", 1, MaxLimit) ?? DefaultLimit;
        if (query.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);
        await audit.FlushAsync();
        return new AuditReply(await audit.Log.ReadAsync(after, (int)limit));
    }
}

internal sealed record AuditReply(AuditPage Page) : AdminReply(StatusCodes.Status200OK)
{
    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("entries"u8);
        foreach (ReadOnlyMemory<byte> entry in Page.Entries) json.WriteRawValue(entry.Span, skipInputValidation: true); // was read with care
        json.WriteEndArray();
        json.WriteNumber("first"u8, Page.First);
        json.WriteNumber("last"u8, Page.Last);
        json.WriteEndObject();
    }
}
