using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.History.Verdict;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>A verifier's own clock excuses when it refuses, and never what the authority grants. Epsilon 4, retention 60.</summary>
[Trait("Invariant", "I7")]
public sealed class VerifierClockTests
{
    [Fact]
    public void One_that_is_ahead_may_refuse_early() =>
        Histories.OneToken(expiry: 100).Verifier(20, 60, 80).Attempt(1, 25, 30, Expired).IsAccepted();

    [Fact]
    public void Only_while_it_is_ahead_and_by_no_more() =>
        Histories.OneToken(expiry: 100).Verifier(20, 40, 80).Verifier(45, 60, 30).Attempt(1, 50, 55, Expired).IsRejectedBy(Rule.EarlyExpired);

    [Fact]
    [Trait("Invariant", "I3")]
    public void One_that_is_ahead_may_refuse_a_replay_early() =>
        Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Verifier(20, 120, 80).Attempt(1, 105, 110, Expired).IsAccepted();

    [Fact]
    [Trait("Invariant", "I3")]
    public void And_then_only() =>
        Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Verifier(20, 90, 80).Attempt(1, 105, 110, Expired).IsRejectedBy(Rule.ReplayRefused);

    [Fact]
    public void One_that_is_behind_redeems_nothing_late() =>
        Histories.OneToken(expiry: 100).Verifier(90, 120, -80).Attempt(1, 110, 115, Success).IsRejectedBy(Rule.LateRedemption);

    [Fact]
    [Trait("Invariant", "I3")]
    public void One_that_is_behind_may_replay_what_is_still_there() =>
        Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Verifier(160, 200, -30).Attempt(1, 170, 175, Success).IsAccepted();

    [Fact]
    public void And_not_what_was_purged()
    {
        var history = Histories.OneToken(expiry: 100).Attempt(1, 0, 5, Success).Verifier(160, 200, -30).Attempt(1, 170, 175, Success);
        history.Purges.Add(new(165, 100));
        history.IsRejectedBy(Rule.SuccessAfterPurge);
    }

    [Fact]
    public void Redemptions_are_not_purged_by_it()
    {
        var history = Histories.OneToken(expiry: 100).Verifier(20, 60, 180);
        history.Purges.Add(new(30, 150));
        history.IsRejectedBy(Rule.EarlyPurge);
    }
}
