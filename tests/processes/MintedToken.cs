using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Processes;

/// <summary>A token in its wrapping, and its position in the history.</summary>
internal sealed record MintedToken(int Position, RecordedSite Site, string Text)
{
    /// <summary>What it says of itself.</summary>
    public static (UInt128 Id, DateTimeOffset Expiry) Read(string text)
    {
        using JsonDocument json = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
        if (!TokenId.TryParse(Encoding.UTF8.GetBytes(json.RootElement.GetProperty("j").GetString()!), out TokenId id))
            throw new InvalidDataException($"The token '{text}' has no id.");
        return (new UInt128(id.High, id.Low), DateTimeOffset.FromUnixTimeSeconds(json.RootElement.GetProperty("e").GetInt64()));
    }
}

/// <summary>A secret, and its place among those of its site.</summary>
internal sealed record IssuedSecret(int Generation, string Text);

/// <summary>One request as its caller means it: a token, with a secret of a site, and an idempotency key unless that is null.</summary>
internal sealed record Submission(MintedToken Token, RecordedSite Site, IssuedSecret Secret, string? IdempotencyKey)
{
    /// <summary>With the newest secret of the token's own site.</summary>
    public static Submission Of(MintedToken token, string? idempotencyKey) => new(token, token.Site, token.Site.Newest, idempotencyKey);

    /// <summary>The attempt as the ledger names it; only with an idempotency key.</summary>
    public UInt128 Attempt
    {
        get
        {
            AttemptKey key = AttemptKey.Of(Site.Key, Encoding.UTF8.GetBytes(IdempotencyKey!));
            return new UInt128(key.High, key.Low);
        }
    }

    /// <summary>The same submission sent again, with the secret that is right by now.</summary>
    public Submission Again() => this with { Secret = Site.Newest };

    public FormUrlEncodedContent ToForm()
    {
        List<KeyValuePair<string, string>> fields = [new("secret", Secret.Text), new("response", Token.Text)];
        if (IdempotencyKey is not null) fields.Add(new("idempotency_key", IdempotencyKey));
        return new FormUrlEncodedContent(fields);
    }
}
