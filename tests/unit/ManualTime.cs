namespace CaptchaCluster.Tests.Unit;

/// <summary>Time that stands still until a test moves it; wall and monotonic time can be moved apart.</summary>
internal sealed class ManualTime(UnixSeconds start) : TimeProvider
{
    private long wall = start.Value * TimeSpan.TicksPerSecond;
    private long monotonic = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public UnixSeconds Now => new(Volatile.Read(ref wall) / TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(Volatile.Read(ref wall));

    public override long GetTimestamp() => Volatile.Read(ref monotonic);

    public void Advance(TimeSpan time)
    {
        Interlocked.Add(ref wall, time.Ticks);
        Interlocked.Add(ref monotonic, time.Ticks);
    }

    /// <summary>Somebody sets the clock.</summary>
    public void SetWall(UnixSeconds time) => Volatile.Write(ref wall, time.Value * TimeSpan.TicksPerSecond);
}
