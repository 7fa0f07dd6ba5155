using CaptchaCluster.Tests.Load.Arrivals;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class ArrivalTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_constant_rate_is_spread_evenly()
    {
        RatePlan plan = new(1000, 1000, 2 * Second);
        Assert.Equal(2000, plan.Total);
        for (int i = 0; i < 2000; i++) Assert.InRange((plan.StartOf(i) - TimeSpan.FromMilliseconds(i)).Ticks, -1, 1);
    }

    [Theory]
    [InlineData(100, 1000)]
    [InlineData(1000, 100)]
    [InlineData(999, 1000)]
    public void A_ramp_has_the_planned_rate_at_every_moment(double from, double to)
    {
        RatePlan plan = new(from, to, 10 * Second);
        Assert.Equal((long)((from + to) / 2 * 10), plan.Total);
        for (int tenth = 1; tenth < 100; tenth++)
        {
            TimeSpan time = tenth * Second / 10;
            double expected = (from * time.TotalSeconds) + ((to - from) * time.TotalSeconds * time.TotalSeconds / 20);
            Assert.InRange(Enumerable.Range(0, (int)plan.Total).Count(number => plan.StartOf(number) < time), expected - 1, expected + 1);
        }

        Assert.All(Enumerable.Range(1, (int)plan.Total - 1), number => Assert.True(plan.StartOf(number) >= plan.StartOf(number - 1)));
        Assert.InRange(plan.StartOf(plan.Total - 1), TimeSpan.Zero, plan.Duration);
    }

    [Fact]
    public void Workers_that_share_a_plan_take_each_request_once()
    {
        RatePlan plan = new(100, 300, Second);
        List<TimeSpan> taken = [.. Enumerable.Range(0, 3).SelectMany(worker => TakeAll(new OpenLoop(plan, limit: 170, worker, 3)))];
        Assert.Equal(Enumerable.Range(0, 170).Select(number => plan.StartOf(number)), taken.Order());
    }

    [Fact]
    public void An_open_loop_does_not_wait_for_anybody()
    {
        OpenLoop arrivals = new(new RatePlan(10, 10, Second), long.MaxValue);
        arrivals.Take();

        // Half a second late, five are due, and each should have started when it should have.
        Assert.Equal(TimeSpan.FromMilliseconds(100), arrivals.Next(now: TimeSpan.FromMilliseconds(550)));
        arrivals.Take();
        Assert.Equal(TimeSpan.FromMilliseconds(200), arrivals.Next(now: TimeSpan.FromMilliseconds(550)));
        Assert.Equal([200, 300, 400, 500], arrivals.Missed(TimeSpan.FromMilliseconds(550)).Select(time => time.TotalMilliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(600), arrivals.Next(now: TimeSpan.FromMilliseconds(550)));
    }

    [Fact]
    public void A_closed_loop_always_has_the_next_request_until_its_limit_or_its_end()
    {
        ClosedLoop arrivals = new(limit: 2, Second);
        TimeSpan now = TimeSpan.FromMilliseconds(300);
        Assert.Equal(now, arrivals.Next(now));
        Assert.Null(arrivals.Next(Second));
        arrivals.Take();
        Assert.Equal(now, arrivals.Next(now));
        arrivals.Take();
        Assert.Null(arrivals.Next(now));
    }

    [Fact]
    public void A_rate_is_read_as_constant_as_a_ramp_or_as_steps()
    {
        Assert.Equal([new RatePlan(20000, 20000, Second)], RatePlans.Parse("20000", Second));
        Assert.Equal([new RatePlan(1000, 40000, Second)], RatePlans.Parse("1000-40000", Second));
        Assert.Equal([5000, 7000, 9000], RatePlans.Parse("5000-10000/2000", Second).Select(step => step.From));
        Assert.All(RatePlans.Parse("5000-10000/2000", Second), step => Assert.Equal((step.From, Second), (step.To, step.Duration)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1e9")]
    [InlineData("5000/100")]
    [InlineData("1-2-3")]
    [InlineData("9000-1000/100")]
    [InlineData("1-100000/1")]
    [InlineData("1000-2000/0")]
    public void A_rate_that_is_none_is_refused_with_what_is_allowed(string text) =>
        Assert.Contains(RatePlans.Forms, Assert.Throws<FormatException>(() => RatePlans.Parse(text, Second)).Message);

    private static IEnumerable<TimeSpan> TakeAll(OpenLoop arrivals)
    {
        for (; arrivals.Next(TimeSpan.Zero) is { } start; arrivals.Take()) yield return start;
    }
}
