using System.Text;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Fuzz.Requests;

/// <summary>What became of a request, comparable. Values are bytes, one per character: invalid UTF-8 differs too.</summary>
internal sealed record Reading(
    ParseOutcome Outcome,
    string? Secret = null,
    string? Response = null,
    string? RemoteIp = null,
    string? IdempotencyKey = null,
    string? SiteKey = null)
{
    public const string Form = "application/x-www-form-urlencoded";
    public const string Json = "application/json";
    public const string Multipart = "multipart/form-data; boundary=b";

    public static readonly FieldNames Names = new SiteverifyDialect().Fields;

    public static readonly Reading BadRequest = new(ParseOutcome.BadRequest);

    [ThreadStatic]
    private static byte[]? memory;

    public static Reading Of(string? contentType, string body, string? query = null) =>
        Of(contentType, Encoding.UTF8.GetBytes(body), query);

    /// <summary>Reads with exactly the scratch that is promised to be enough.</summary>
    public static Reading Of(string? contentType, ReadOnlySpan<byte> body, string? query = null)
    {
        memory ??= new byte[RequestFields.MaxScratchLength];
        var scratch = memory.AsSpan(0, RequestFields.ScratchLengthFor(body.Length, query?.Length ?? 0));
        var outcome = RequestFields.Read(Names, ContentType.Of(contentType), body, query, scratch, out var fields);
        return new Reading(
            outcome,
            Value(fields.Has(RequestField.Secret), fields.Secret),
            Value(fields.Has(RequestField.Token), fields.Token),
            Value(fields.Has(RequestField.RemoteIp), fields.RemoteIp),
            Value(fields.Has(RequestField.IdempotencyKey), fields.IdempotencyKey),
            Value(fields.Has(RequestField.SiteKey), fields.SiteKey));
    }

    /// <summary>Bytes as <see cref="Reading"/> holds them.</summary>
    public static string? Bytes(string? value) => value is null ? null : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value));

    /// <summary>The fields that are present, <c>secret=[s] remoteip=[]</c>; or the refusal.</summary>
    public override string ToString()
    {
        if (Outcome != ParseOutcome.Parsed) return Outcome.ToString();
        var shown = new List<string>();
        Show("secret", Secret);
        Show("response", Response);
        Show("remoteip", RemoteIp);
        Show("idempotency_key", IdempotencyKey);
        Show("sitekey", SiteKey);
        return string.Join(' ', shown);

        void Show(string name, string? value)
        {
            if (value is not null) shown.Add($"{name}=[{value}]");
        }
    }

    private static string? Value(bool present, ReadOnlySpan<byte> value)
    {
        // A value without its field would be one that leaked from a refused request.
        if (!present && !value.IsEmpty) throw new InvalidOperationException("A field that is not there has a value.");
        return present ? Encoding.Latin1.GetString(value) : null;
    }
}
