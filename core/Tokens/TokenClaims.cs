using System.Net;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>What a game claims of itself; never a sign of trust.</summary>
public sealed record PlatformClaims(string? GameId, double? Score, long? DurationMilliseconds);

/// <summary>What goes into a pass token when it is minted. Everything but the two bound values can be read by whoever holds the token.</summary>
public sealed record TokenClaims
{
    public required SiteKey Site { get; init; }

    public required TokenId Id { get; init; }

    public required UnixSeconds IssuedAt { get; init; }

    public required UnixSeconds ExpiresAt { get; init; }

    public required Hostname Hostname { get; init; }

    /// <summary>At most <see cref="TokenLimits.MaxActionLength"/> characters.</summary>
    public string? Action { get; init; }

    /// <summary>At most <see cref="TokenLimits.MaxCDataLength"/> characters.</summary>
    public string? CData { get; init; }

    /// <summary>0…1, as reCAPTCHA v3: 1 is human.</summary>
    public double? Score { get; init; }

    public PlatformClaims? Platform { get; init; }

    /// <summary>Goes in as a keyed hash.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>Goes in as a keyed hash.</summary>
    public string? Uid { get; init; }
}
