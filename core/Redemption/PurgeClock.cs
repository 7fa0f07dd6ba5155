namespace CaptchaCluster.Redemption;

/// <summary>
/// Says up to which expiry redemptions may be forgotten, and stops saying it while the wall clock disagrees with the
/// monotonic one: a clock that jumped ahead must not make us forget what a clock set right again would ask for (I7).
/// </summary>
/// <param name="maxClockSkewSeconds">Redemption:MaxClockSkewSeconds.</param>
/// <param name="wall">Wall time at <paramref name="monotonic"/>.</param>
/// <param name="monotonic">Time since an arbitrary start, unaffected by setting the clock.</param>
public sealed class PurgeClock(int maxClockSkewSeconds, UnixSeconds wall, TimeSpan monotonic)
{
    // A clock that runs a little fast must not add up to a jump over weeks.
    private static readonly TimeSpan BaselineLife = TimeSpan.FromHours(1);

    private UnixSeconds baseWall = wall;
    private TimeSpan baseMonotonic = monotonic;

    /// <summary>True while purging is stopped.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Seconds by which the wall clock ran ahead (or behind, negative) when last asked.</summary>
    public long Drift { get; private set; }

    /// <summary>Null while frozen; it thaws when the clocks agree again, or at a restart.</summary>
    public UnixSeconds? PurgeUpTo(UnixSeconds wall, TimeSpan monotonic)
    {
        TimeSpan elapsed = monotonic - baseMonotonic;
        Drift = wall - baseWall - (long)elapsed.TotalSeconds;
        IsFrozen = Math.Abs(Drift) > maxClockSkewSeconds;
        if (IsFrozen) return null;
        if (elapsed >= BaselineLife) (baseWall, baseMonotonic) = (wall, monotonic);
        return wall - maxClockSkewSeconds;
    }
}
