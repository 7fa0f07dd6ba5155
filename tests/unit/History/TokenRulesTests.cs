using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.History.Verdict;

namespace CaptchaCluster.Tests.Unit.History;

public sealed class TokenRulesTests
{
    [Fact]
    [Trait("Invariant", "I1")]
    public void Two_attempts_cannot_both_succeed() =>
        Histories.OneToken().Attempt(1, 0, 10, Success).Attempt(2, 0, 10, Success).IsRejectedBy(Rule.SecondWinner);

    [Fact]
    [Trait("Invariant", "I3")]
    public void One_attempt_may_succeed_often() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Attempt(1, 5, 15, Success).Attempt(1, 70, 75, Success).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Duplicate_before_any_winner_was_called_is_a_phantom() =>
        Histories.OneToken().Attempt(2, 0, 10, Duplicate).Attempt(1, 11, 20, Success).IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I4")]
    public void Duplicate_that_overlaps_its_winner_is_fine() =>
        Histories.OneToken().Attempt(2, 0, 10, Duplicate).Attempt(1, 10, 20, Success).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Duplicate_without_anybody_else_is_a_phantom() =>
        Histories.OneToken().Attempt(2, 0, 10, Duplicate).Attempt(1, 0, 5, Refused).IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I4")]
    public void Unanswered_attempt_may_be_the_winner() =>
        Histories.OneToken().Unanswered(1, 0).Attempt(2, 100, 110, Duplicate).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Winner_may_have_redeemed_in_an_earlier_unanswered_operation() =>
        Histories.OneToken().Unanswered(1, 0).Attempt(2, 5, 10, Duplicate).Attempt(1, 20, 30, Success).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Other_unanswered_attempts_do_not_excuse_a_duplicate_before_the_known_winner() =>
        Histories.OneToken().Unanswered(3, 0).Attempt(2, 5, 10, Duplicate).Attempt(1, 20, 30, Success).IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I4")]
    public void One_unanswered_attempt_must_serve_all_duplicates() =>
        // Each of 1 and 2 could explain the other's duplicate, but not both at once.
        Histories.OneToken().Unanswered(1, 0).Unanswered(2, 0).Attempt(1, 5, 10, Duplicate).Attempt(2, 5, 10, Duplicate)
            .IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I4")]
    public void Earliest_unanswered_attempt_is_no_winner_if_it_was_told_duplicate_itself() =>
        Histories.OneToken().Unanswered(1, 0).Unanswered(2, 3).Attempt(1, 5, 10, Duplicate).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Winner_is_never_told_duplicate() =>
        Histories.OneToken().Attempt(1, 0, 10, Success).Attempt(1, 5, 9, Duplicate).IsRejectedBy(Rule.DuplicateToWinner);

    [Fact]
    [Trait("Invariant", "I4")]
    public void Unanswered_attempt_called_too_late_explains_no_duplicate() =>
        Histories.OneToken(expiry: 10).Unanswered(1, 15).Attempt(2, 16, 20, Duplicate).IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I3")]
    public void Expired_after_the_same_attempts_success_breaks_the_replay() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Attempt(1, 30, 40, Expired).IsRejectedBy(Rule.ReplayRefused);

    [Fact]
    [Trait("Invariant", "I3")]
    public void Replay_may_expire_with_the_retention() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Attempt(1, 70, 76, Expired).IsAccepted();

    [Fact]
    [Trait("Invariant", "I3")]
    public void Replay_with_a_secret_that_may_have_ended_is_owed_nothing() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Attempt(1, 30, 40, Expired)
            .Site(SiteOperationKind.RotateImmediate, 35, Histories.Never).IsAccepted();

    [Fact]
    [Trait("Invariant", "I7")]
    public void First_redemption_is_not_called_after_the_expiry() =>
        Histories.OneToken(expiry: 20).Attempt(1, 25, 30, Success).IsRejectedBy(Rule.LateRedemption);

    [Fact]
    [Trait("Invariant", "I7")]
    public void Clocks_may_differ_by_epsilon() =>
        Histories.OneToken(expiry: 20).Attempt(1, 24, 30, Success).Attempt(2, 10, 16, Expired).IsAccepted();

    [Fact]
    [Trait("Invariant", "I7")]
    public void Late_success_is_a_replay_of_an_unanswered_operation() =>
        Histories.OneToken(expiry: 20).Unanswered(1, 20).Attempt(1, 50, 60, Success).IsAccepted();

    [Fact]
    [Trait("Invariant", "I7")]
    public void Expired_is_not_answered_before_the_expiry() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 15, Expired).IsRejectedBy(Rule.EarlyExpired);

    [Fact]
    [Trait("Invariant", "I7")]
    public void Success_ends_with_the_retention() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Attempt(1, 85, 90, Success).IsRejectedBy(Rule.SuccessAfterRetention);

    [Fact]
    [Trait("Invariant", "I6")]
    public void Token_of_another_site_is_not_redeemed()
    {
        var history = Histories.OneToken();
        history.Attempts.Add(new(1, 0, 10, 0, 2, 1, Success));
        history.IsRejectedBy(Rule.ForeignToken);
    }

    [Fact]
    [Trait("Invariant", "I2")]
    public void Acknowledged_redemption_is_in_the_ledger() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Ledger(null).IsRejectedBy(Rule.RedemptionLost);

    [Fact]
    [Trait("Invariant", "I7")]
    public void Purged_redemption_need_not_be_in_the_ledger() =>
        Histories.OneToken(expiry: 20).Attempt(1, 0, 10, Success).Ledger(null, horizon: 20).IsAccepted();

    [Fact]
    [Trait("Invariant", "I4")]
    public void Ledger_decides_which_unanswered_attempt_won() =>
        Histories.OneToken().Unanswered(1, 0).Attempt(2, 5, 10, Duplicate).Unanswered(3, 20).Ledger(3).IsRejectedBy(Rule.PhantomDuplicate);

    [Fact]
    [Trait("Invariant", "I6")]
    public void Refused_attempt_is_not_in_the_ledger() =>
        Histories.OneToken().Attempt(1, 0, 10, Refused).Ledger(1).IsRejectedBy(Rule.RefusalSpentToken);

    [Fact]
    [Trait("Invariant", "I1")]
    public void Anonymous_winner_is_in_the_ledger_under_a_key_of_the_servers_own()
    {
        var history = Histories.OneToken().Attempt(2, 20, 30, Duplicate).Ledger(4711);
        history.Attempts.Add(new(1, 0, 10, 0, 1, 1, Success, Anonymous: true));
        history.IsAccepted();
    }

    [Fact]
    public void Contradictory_history_is_the_recorders_fault() =>
        Assert.Throws<ArgumentException>(() => HistoryChecker.Check(Histories.OneToken().Attempt(1, 0, Histories.Never, Success)));
}
