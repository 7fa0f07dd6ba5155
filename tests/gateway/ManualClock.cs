namespace CaptchaCluster.Tests.Gateway;

/// <summary>Wall and monotonic time that pass together, and only when a test says so. Starts at 2026-11-20T22:15:00Z.</summary>
internal sealed class ManualClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 22, 15, 0, TimeSpan.Zero);
    private long elapsedTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(Volatile.Read(ref elapsedTicks));

    public override long GetTimestamp() => Volatile.Read(ref elapsedTicks);

    public void Advance(int seconds) => Interlocked.Add(ref elapsedTicks, seconds * TimeSpan.TicksPerSecond);
}
