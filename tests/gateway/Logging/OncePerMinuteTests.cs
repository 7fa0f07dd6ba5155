using CaptchaCluster.Gateway.Logging;

namespace CaptchaCluster.Tests.Gateway.Logging;

[Trait("Invariant", "I10")]
public sealed class OncePerMinuteTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void The_first_is_told_at_once_and_those_of_the_minute_with_the_next()
    {
        OncePerMinute line = new(clock);
        Assert.Equal((true, 1), (line.Admits(out long times), times));
        for (int i = 0; i < 5; i++) Assert.False(line.Admits(out _));
        clock.Advance(59);
        Assert.False(line.Admits(out _));
        clock.Advance(1);
        Assert.Equal((true, 7), (line.Admits(out times), times));
        clock.Advance(60);
        Assert.Equal((true, 1), (line.Admits(out times), times));
    }
}
