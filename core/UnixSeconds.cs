namespace CaptchaCluster;

/// <summary>Wall-clock time in whole seconds since 1970-01-01T00:00:00Z, rounded down.</summary>
public readonly record struct UnixSeconds(long Value) : IComparable<UnixSeconds>
{
    public static UnixSeconds Now(TimeProvider clock) => new(clock.GetUtcNow().ToUnixTimeSeconds());

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(Value);

    public int CompareTo(UnixSeconds other) => Value.CompareTo(other.Value);

    public static UnixSeconds operator +(UnixSeconds time, long seconds) => new(time.Value + seconds);

    public static UnixSeconds operator -(UnixSeconds time, long seconds) => new(time.Value - seconds);

    public static long operator -(UnixSeconds left, UnixSeconds right) => left.Value - right.Value;

    public static bool operator <(UnixSeconds left, UnixSeconds right) => left.Value < right.Value;

    public static bool operator >(UnixSeconds left, UnixSeconds right) => left.Value > right.Value;

    public static bool operator <=(UnixSeconds left, UnixSeconds right) => left.Value <= right.Value;

    public static bool operator >=(UnixSeconds left, UnixSeconds right) => left.Value >= right.Value;

    /// <summary>ISO 8601, UTC, to the second: <c>2026-11-20T22:15:00Z</c>.</summary>
    public override string ToString() => ToDateTimeOffset().UtcDateTime.ToString("s") + "Z";
}
