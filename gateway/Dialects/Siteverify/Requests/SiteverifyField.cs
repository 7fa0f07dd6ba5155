using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Siteverify.Requests;

/// <summary>A field of a siteverify request, and a set of them.</summary>
[Flags]
internal enum SiteverifyField : byte
{
    None = 0,
    Secret = 1,
    Response = 2,
    RemoteIp = 4,
    IdempotencyKey = 8,
    SiteKey = 16,
}

/// <summary>The names clients use, in any case (X4): <c>remoteIp</c> and <c>remote_ip</c> are <c>remoteip</c>.</summary>
internal static class FieldNames
{
    /// <summary>Bytes of the longest name; what decodes to more is unknown without being decoded.</summary>
    public const int MaxLength = 15;

    /// <summary>The field called <paramref name="name"/> (decoded), or <see cref="SiteverifyField.None"/>.</summary>
    public static SiteverifyField Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        6 when Is(name, "secret"u8) => SiteverifyField.Secret,
        7 when Is(name, "sitekey"u8) => SiteverifyField.SiteKey,
        8 when Is(name, "response"u8) => SiteverifyField.Response,
        8 when Is(name, "remoteip"u8) => SiteverifyField.RemoteIp,
        9 when Is(name, "remote_ip"u8) => SiteverifyField.RemoteIp,
        MaxLength when Is(name, "idempotency_key"u8) => SiteverifyField.IdempotencyKey,
        _ => SiteverifyField.None,
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known) => Ascii.EqualsIgnoreCase(name, known);
}
