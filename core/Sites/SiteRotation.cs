namespace CaptchaCluster.Sites;

/// <param name="InvalidateImmediately">
/// False leaves the old secret valid for <see cref="SiteRotation.GracePeriod"/>. Null: true for a new rotation, and for one
/// whose reply is had again whatever it was.
/// </param>
/// <param name="RotationId">22–128 characters that nobody can guess, or null: then a lost reply means rotating again.</param>
public sealed record RotationRequest(bool? InvalidateImmediately, string? RotationId);

/// <summary>How a rotation ended. A closed set.</summary>
public abstract record RotationResult
{
    /// <summary>Carried out, or the reply of an earlier rotation with the same id had again.</summary>
    public sealed record Rotated(string Secret, Generation Generation, UnixSeconds? OldSecretExpiresAt) : RotationResult;

    /// <summary>The old secret of an earlier graceful rotation is still valid; a second one would end it early or keep three alive.</summary>
    public sealed record InGrace(UnixSeconds Until) : RotationResult;

    /// <summary>The id named a rotation of the other kind: replaying its reply would claim a cut-off that did not happen.</summary>
    public sealed record IdReused : RotationResult;

    public sealed record NoSuchSite : RotationResult;
}

/// <summary>Decides rotations; pure but for the random secret.</summary>
public static class SiteRotation
{
    /// <summary>As Turnstile's <c>rotate_secret</c> with <c>invalidate_immediately:false</c>.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromHours(2);

    /// <summary>The reply, and the site to persist before anybody hears of it (null: nothing changes).</summary>
    public static (RotationResult Result, Site? Changed) Decide(Site site, RotationRequest request, UnixSeconds now)
    {
        if (request.RotationId is { } id && site.LastRotation is { } last && last.Matches(site.Key, id, now))
        {
            bool wasImmediate = last.OldSecretExpiresAt is null;
            return wasImmediate == (request.InvalidateImmediately ?? wasImmediate)
                ? (new RotationResult.Rotated(last.Open(site.Key, id), last.Generation, last.OldSecretExpiresAt), null)
                : (new RotationResult.IdReused(), null);
        }

        bool isImmediate = request.InvalidateImmediately ?? true;
        bool inGrace = site.Previous is { } previous && now < previous.ValidUntil;
        if (inGrace && !isImmediate) return (new RotationResult.InGrace(site.Previous!.ValidUntil), null);

        string secret = SiteSecret.New(site.Key);
        Generation generation = site.Generation.Next();
        UnixSeconds? graceEnd = isImmediate ? null : now + (long)GracePeriod.TotalSeconds;
        Site changed = site with
        {
            Version = site.Version + 1,
            Generation = generation,
            SecretHash = [.. SiteSecret.Hash(secret)],
            Previous = graceEnd is { } until ? new PreviousSecret(site.Generation, site.SecretHash, until) : null,
            LastRotation = request.RotationId is { } rotationId
                ? RotationReceipt.Seal(site.Key, generation, rotationId, secret, graceEnd, now)
                : null,
        };
        return (new RotationResult.Rotated(secret, generation, graceEnd), changed);
    }
}
