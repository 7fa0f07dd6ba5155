using System.Net;
using System.Security.Cryptography;

namespace CaptchaCluster.Tokens;

/// <summary>Writes and reads pass tokens, in their <see cref="TokenEnvelope"/>.</summary>
public sealed class TokenCodec(KeyRing keys, TokenLimits limits, TimeProvider clock)
{
    private volatile KeyRing keys = keys;

    public TokenLimits Limits => limits;

    /// <summary>As of now.</summary>
    internal KeyRing Keys => keys;

    /// <summary>From the moment this returns, every token is minted and read with this ring.</summary>
    public void Use(KeyRing ring) => keys = ring;

    /// <summary>Returns false where the token would be longer than <see cref="TokenLimits.MaxTokenLength"/>.</summary>
    public bool TryMint(TokenClaims claims, out string token)
    {
        SigningKey key = keys.Signer;
        token = TokenEnvelope.Seal(TokenWriter.Write(claims, key), MacPurpose.PassToken, key, claims.Site);
        return token.Length <= TokenLimits.MaxTokenLength;
    }

    /// <summary>
    /// Reads a token of ours; null for anything else: truncated, altered, re-encoded, of an unknown key, or with times no
    /// minter of ours would give it. Says nothing of expiry. No I/O and no lock (I12).
    /// </summary>
    public PassToken? Read(ReadOnlySpan<byte> wrapped) => Read(wrapped, out _);

    /// <summary>As <see cref="Read(ReadOnlySpan{byte})"/>, and tells why it is none of ours.</summary>
    public PassToken? Read(ReadOnlySpan<byte> wrapped, out TokenFlaw flaw)
    {
        flaw = TokenFlaw.NotAToken;
        if (wrapped.Length > TokenLimits.MaxTokenLength) return null;
        Span<byte> decoded = stackalloc byte[TokenLimits.MaxTokenLength * 3 / 4];
        flaw = TokenEnvelope.Open(wrapped, decoded, keys, MacPurpose.PassToken, out SignedMembers members);
        if (flaw != TokenFlaw.None) return null;

        PassToken? token = TokenReader.Read(decoded.Slice(members.Start, members.Length), members.Key, members.Site);
        bool isPlausible = token is not null && limits.Allow(token.IssuedAt, token.ExpiresAt, UnixSeconds.Now(clock));
        flaw = isPlausible ? TokenFlaw.None : TokenFlaw.ImplausibleMembers;
        return isPlausible ? token : null;
    }

    /// <summary>Whether the token was minted for this visitor's address; false where it was minted for none.</summary>
    public static bool IsBoundTo(PassToken token, IPAddress address)
    {
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(token.Key, token.Site, address, hash);
        return CryptographicOperations.FixedTimeEquals(hash, token.ClientAddressHash);
    }

    /// <summary>Whether the token was minted for this user id; false where it was minted for none.</summary>
    public static bool IsBoundTo(PassToken token, string uid)
    {
        Span<byte> hash = stackalloc byte[BindingHash.TextLength];
        BindingHash.Compute(token.Key, token.Site, uid, hash);
        return CryptographicOperations.FixedTimeEquals(hash, token.UidHash);
    }
}
