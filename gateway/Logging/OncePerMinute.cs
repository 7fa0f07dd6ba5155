namespace CaptchaCluster.Gateway.Logging;

/// <summary>
/// Lets what may happen any number of times become a line at most once a minute, so that nobody outside decides how much is
/// logged (I10). The first time is told at once, the others with the next line.
/// </summary>
internal sealed class OncePerMinute(TimeProvider clock)
{
    private readonly Lock gate = new();
    private long? told;
    private long untold;

    /// <param name="times">How often it happened since it was last told, this time included.</param>
    public bool Admits(out long times)
    {
        lock (gate)
        {
            times = ++untold;
            if (told is { } last && clock.GetElapsedTime(last) < TimeSpan.FromMinutes(1)) return false;
            told = clock.GetTimestamp();
            untold = 0;
            return true;
        }
    }
}
