namespace CaptchaCluster.Tests.Load;

/// <summary>Time since the test began, and the time of day for what is shown or compared with tokens.</summary>
internal sealed class TestClock(TimeProvider time)
{
    private readonly long start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(start);

    public DateTimeOffset UtcNow => time.GetUtcNow();

    public TimeProvider Provider => time;
}
