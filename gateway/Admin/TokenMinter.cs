using System.Net;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>What one or many equal tokens shall say; each gets an id of its own.</summary>
internal sealed record MintRequest
{
    public required SiteKey Site { get; init; }

    public required Hostname Hostname { get; init; }

    /// <summary>Seconds.</summary>
    public required int TtlSeconds { get; init; }

    public string? Action { get; init; }

    public string? CData { get; init; }

    public double? Score { get; init; }

    public PlatformClaims? Platform { get; init; }

    public IPAddress? ClientAddress { get; init; }

    public string? Uid { get; init; }

    public int Count { get; init; } = 1;

    /// <summary>That the call is for; null: an administrator's own word is enough.</summary>
    public string? ServerToken { get; init; }
}

/// <summary>A closed set.</summary>
internal abstract record MintResult
{
    public sealed record Minted(IReadOnlyList<string> Tokens, UnixSeconds ExpiresAt) : MintResult;

    public sealed record TooLarge : MintResult;
}

/// <summary>Makes pass tokens on an administrator's word.</summary>
internal sealed class TokenMinter(TokenCodec codec, IRedeemer redeemer, TokenMetrics metrics, TimeProvider clock)
{
    /// <summary>Makes them and counts them; for what is handed out whatever happens.</summary>
    public MintResult Mint(MintRequest request)
    {
        MintResult result = Make(request);
        if (result is MintResult.Minted minted) HandedOut(minted);
        return result;
    }

    /// <summary>Counts what was made.</summary>
    public void HandedOut(MintResult.Minted minted) => metrics.Minted(minted.Tokens.Count);

    /// <summary>Makes them; whoever hands them out says so by <see cref="HandedOut"/>.</summary>
    public MintResult Make(MintRequest request)
    {
        UnixSeconds issuedAt = redeemer.IssueTime(clock);
        UnixSeconds expiresAt = issuedAt + request.TtlSeconds;
        List<string> tokens = new(request.Count);
        while (tokens.Count < request.Count)
        {
            if (!codec.TryMint(ClaimsOf(request, issuedAt, expiresAt), out string token)) return new MintResult.TooLarge();
            tokens.Add(token);
        }

        return new MintResult.Minted(tokens, expiresAt);
    }

    private static TokenClaims ClaimsOf(MintRequest request, UnixSeconds issuedAt, UnixSeconds expiresAt) => new()
    {
        Site = request.Site,
        Id = TokenId.New(),
        IssuedAt = issuedAt,
        ExpiresAt = expiresAt,
        Hostname = request.Hostname,
        Action = request.Action,
        CData = request.CData,
        Score = request.Score,
        Platform = request.Platform,
        ClientAddress = request.ClientAddress,
        Uid = request.Uid,
    };
}
