using System.Collections.Immutable;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Keys;

/// <summary>The ring of a single node, with what retiring a key has to know. Immutable.</summary>
/// <param name="Ring">The keys, and which of them signs.</param>
/// <param name="SignedUntil">When each key but the signer stopped signing; null: it never signed.</param>
internal sealed record RotatingKeys(KeyRing Ring, ImmutableDictionary<string, UnixSeconds?> SignedUntil)
{
    /// <summary>Every token that names an unknown key is looked up among all of them (I10).</summary>
    public const int MaxCount = 16;

    public bool TryGet(string id, out SigningKey key)
    {
        key = Ring.Keys.FirstOrDefault(candidate => candidate.Id == id)!;
        return key is not null;
    }

    /// <summary>When the last token that a key can have signed is past its expiry, on every clock; null: there is none.</summary>
    /// <param name="key">Not the signer.</param>
    /// <param name="limits">How long tokens live, and how far clocks are apart.</param>
    public UnixSeconds? OutOfUseFrom(SigningKey key, TokenLimits limits) =>
        SignedUntil[key.Id] is { } until ? until + limits.MaxTtlSeconds + limits.MaxClockSkewSeconds : null;

    /// <param name="key">Of an id that is not in the ring; it only verifies.</param>
    public RotatingKeys With(SigningKey key) => new(Ring.With(key), SignedUntil.Add(key.Id, null));

    /// <param name="key">In the ring, and not the signer.</param>
    /// <param name="now">When the one that signs stops.</param>
    public RotatingKeys SignedBy(SigningKey key, UnixSeconds now) =>
        new(Ring.SignedBy(key), SignedUntil.Remove(key.Id).Add(Ring.Signer.Id, now));

    /// <param name="key">In the ring, and not the signer.</param>
    public RotatingKeys Without(SigningKey key) => new(Ring.Without(key), SignedUntil.Remove(key.Id));
}
