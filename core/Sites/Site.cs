using System.Collections.Immutable;

namespace CaptchaCluster.Sites;

public enum IpBinding
{
    /// <summary>The visitor's address is not looked at.</summary>
    Off,

    /// <summary>A token is good only together with the address it was minted for.</summary>
    Enforce,
}

/// <summary>What the owner pays for; it limits nothing on its own yet.</summary>
public enum Tier
{
    Unlimited,
    Free,
    Pro,
    Business,
}

/// <summary>A secret that a graceful rotation left valid until <paramref name="ValidUntil"/> (exclusive).</summary>
public sealed record PreviousSecret(Generation Generation, ImmutableArray<byte> Hash, UnixSeconds ValidUntil);

/// <summary>One customer property as of one version. Immutable: every change makes a new one with a higher <see cref="Version"/>.</summary>
public sealed record Site
{
    public required SiteKey Key { get; init; }

    /// <summary>Grows with every change to this site, so that a late writer cannot bring back an older state.</summary>
    public required long Version { get; init; }

    public required SitePolicy Policy { get; init; }

    public required Generation Generation { get; init; }

    /// <summary>SHA-256 of the current secret.</summary>
    public required ImmutableArray<byte> SecretHash { get; init; }

    public PreviousSecret? Previous { get; init; }

    public RotationReceipt? LastRotation { get; init; }

    public required UnixSeconds CreatedAt { get; init; }

    /// <summary>Set once the site was deleted; the tombstone stays, so that its tokens are never anybody else's.</summary>
    public UnixSeconds? DeletedAt { get; init; }

    public bool IsDeleted => DeletedAt is not null;

    /// <summary>Neither disabled nor deleted.</summary>
    public bool IsActive => !Policy.Disabled && !IsDeleted;

    /// <summary>The generation whose secret has this hash and is valid at <paramref name="now"/>. Compares in constant time (I11).</summary>
    public bool TryAuthenticate(ReadOnlySpan<byte> secretHash, UnixSeconds now, out Generation generation)
    {
        generation = Generation;
        if (ConstantTime.AreEqual256(secretHash, SecretHash.AsSpan())) return true;
        if (Previous is null || !ConstantTime.AreEqual256(secretHash, Previous.Hash.AsSpan())) return false;
        generation = Previous.Generation;
        return now < Previous.ValidUntil;
    }

    /// <summary>Whether a redemption authenticated by <paramref name="generation"/> may still be recorded at <paramref name="now"/> (I8).</summary>
    public bool Accepts(Generation generation, UnixSeconds now) =>
        IsActive && (generation == Generation
            || generation == Generation.NoSecret
            || (Previous is not null && generation == Previous.Generation && now < Previous.ValidUntil));
}
