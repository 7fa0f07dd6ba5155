namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>Lets so many begin a second, at most. What was missed is not made up for.</summary>
internal sealed class Pace(int rate, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly long interval = time.TimestampFrequency / rate;
    private long next = time.GetTimestamp();

    public Task WaitAsync()
    {
        TimeSpan wait;
        lock (gate)
        {
            long now = time.GetTimestamp();
            if (next < now) next = now;
            wait = time.GetElapsedTime(now, next);
            next += interval;
        }

        return wait < TimeSpan.FromMilliseconds(1) ? Task.CompletedTask : Task.Delay(wait, time);
    }
}
