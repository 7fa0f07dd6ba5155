using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.History.Verdict;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>What the authority's clock says decides, and the history knows how far that was set ahead or behind. Epsilon 4, retention 60.</summary>
[Trait("Invariant", "I7")]
public sealed class ClockShiftTests
{
    [Fact]
    public void First_redemption_may_come_after_the_expiry_while_the_clock_is_behind() =>
        Histories.OneToken(expiry: 100).Shift(50, 52, -80).Attempt(1, 170, 175, Success).IsAccepted();

    [Fact]
    public void First_redemption_comes_before_the_expiry_also_by_a_clock_that_is_ahead() =>
        Histories.OneToken(expiry: 100).Shift(50, 52, 80).Attempt(1, 53, 60, Success).IsRejectedBy(Rule.LateRedemption);

    [Fact]
    public void While_the_clock_is_being_set_either_time_may_count() =>
        Histories.OneToken(expiry: 100).Shift(50, 60, 80).Attempt(1, 55, 58, Success).Attempt(2, 55, 58, Expired).IsAccepted();

    [Fact]
    public void A_token_may_expire_early_while_the_clock_is_ahead() =>
        Histories.OneToken(expiry: 100).Shift(20, 22, 80).Attempt(1, 25, 30, Expired).IsAccepted();

    [Fact]
    public void A_token_that_was_expired_is_good_again_when_the_clock_is_set_right() =>
        Histories.OneToken(expiry: 100).Shift(20, 22, 80).Attempt(1, 25, 30, Expired).Shift(40, 42, 0).Attempt(2, 50, 55, Success).IsAccepted();

    [Fact]
    public void And_expired_then_is_too_early() =>
        Histories.OneToken(expiry: 100).Shift(20, 22, 80).Shift(40, 42, 0).Attempt(1, 50, 55, Expired).IsRejectedBy(Rule.EarlyExpired);

    [Fact]
    public void Unless_it_may_have_been_purged_meanwhile() =>
        Histories.OneToken(expiry: 100).Shift(20, 22, 180).Shift(40, 42, 0).Attempt(1, 50, 55, Expired).IsAccepted();

    [Fact]
    public void Where_purging_had_to_stop_it_was_not_purged() =>
        Histories.OneToken(expiry: 100).Shift(20, 22, 180, stopsPurging: true).Shift(40, 42, 0).Attempt(1, 50, 55, Expired)
            .IsRejectedBy(Rule.EarlyExpired);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_horizon_may_be_ahead_only_where_purging_goes_by_the_clock(bool stopsPurging)
    {
        var history = Histories.OneToken(expiry: 100).Shift(20, 22, 180, stopsPurging);
        history.Purges.Add(new(30, 150));
        if (stopsPurging) history.IsRejectedBy(Rule.EarlyPurge);
        else history.IsAccepted();
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public void A_replay_is_owed_through_a_jump_that_stops_purging() =>
        Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Shift(20, 22, 300, stopsPurging: true).Shift(40, 42, 0)
            .Attempt(1, 50, 55, Expired).IsRejectedBy(Rule.EarlyExpired, Rule.ReplayRefused);

    [Fact]
    [Trait("Invariant", "I3")]
    public void A_replay_is_owed_as_long_as_a_clock_that_is_behind_says() =>
        Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Shift(20, 22, -300).Attempt(1, 400, 420, Success).Attempt(1, 430, 440, Expired)
            .IsRejectedBy(Rule.ReplayRefused);

    [Fact]
    public void A_shift_begins_after_the_last_one_was_done() =>
        Assert.Throws<ArgumentException>(() => HistoryChecker.Check(Histories.OneToken().Shift(20, 22, 5).Shift(21, 23, 0)));
}
