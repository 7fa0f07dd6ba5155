using CaptchaCluster.Redemption;

namespace CaptchaCluster.Tests.Unit.Redemption;

[Trait("Invariant", "I7")]
public sealed class PurgeClockTests
{
    private const int Skew = 300;

    private static readonly UnixSeconds Start = RedemptionSamples.Now;
    private static readonly TimeSpan Origin = TimeSpan.FromDays(12);

    private readonly PurgeClock clock = new(Skew, Start, Origin);

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(10, 10, false)]
    [InlineData(10 + Skew, 10, false)]
    [InlineData(10 + Skew + 1, 10, true)]
    [InlineData(10 - Skew, 10, false)]
    [InlineData(10 - Skew - 1, 10, true)]
    [InlineData(100_000_000, 10, true)]
    [InlineData(-1_000_000_000, 10, true)]
    [InlineData(0, 1_000_000, true)]
    public void Purging_stops_where_the_clocks_are_further_apart_than_the_skew(long wall, long monotonic, bool frozen)
    {
        UnixSeconds? upTo = Ask(wall, monotonic);
        Assert.Equal(frozen, clock.IsFrozen);
        Assert.Equal(frozen ? null : Start + wall - Skew, upTo);
        Assert.Equal(wall - monotonic, clock.Drift);
    }

    [Fact]
    public void It_thaws_when_the_clock_is_set_right_and_not_before()
    {
        Assert.NotNull(Ask(100, 100));
        Assert.Null(Ask(100_000, 101));
        Assert.Null(Ask(110_000, 10_101));
        Assert.Null(Ask(10_202 + Skew + 1, 10_202));
        Assert.Equal(Start + 10_203 - Skew, Ask(10_203, 10_203));
        Assert.False(clock.IsFrozen);
    }

    [Fact]
    public void A_jump_stays_noticed_however_long_it_lasts()
    {
        for (int hour = 1; hour < 24 * 60; hour++)
        {
            Assert.Null(Ask((hour * 3600) + Skew + 1, hour * 3600));
            Assert.True(clock.IsFrozen);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public void A_clock_that_runs_a_little_wrong_for_weeks_does_not_stop_it(int secondsAnHour)
    {
        for (int minute = 1; minute < 60 * 24 * 60; minute++)
            Assert.NotNull(Ask((minute * 60L) + (minute * secondsAnHour / 60), minute * 60));
    }

    [Fact]
    public void Wall_seconds_that_are_rounded_down_do_not_add_up()
    {
        for (long tick = 1; tick < 100_000; tick++)
        {
            TimeSpan elapsed = TimeSpan.FromSeconds(tick * 61.7);
            Assert.NotNull(clock.PurgeUpTo(Start + (long)elapsed.TotalSeconds, Origin + elapsed));
        }
    }

    private UnixSeconds? Ask(long wall, long monotonic) => clock.PurgeUpTo(Start + wall, Origin + TimeSpan.FromSeconds(monotonic));
}
