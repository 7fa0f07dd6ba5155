using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.History.SiteOperationKind;
using static CaptchaCluster.Tests.History.Verdict;

namespace CaptchaCluster.Tests.Unit.History;

[Trait("Invariant", "I8")]
public sealed class SiteTimelineTests
{
    private const long Never = Histories.Never;

    private static RecordedHistory Rotated(long call, long @return) => Histories.OneToken().Site(RotateImmediate, call, @return, newGeneration: 2);

    [Fact]
    public void Old_secret_fails_once_the_rotation_returned() =>
        Rotated(10, 20).Elsewhere(21, 30, Success).IsRejectedBy(Rule.RetiredSecretAccepted);

    [Fact]
    public void Either_answer_is_right_while_the_rotation_is_under_way() =>
        Rotated(10, 20).Elsewhere(5, 12, InvalidSecret).Elsewhere(12, 30, Success).IsAccepted();

    [Fact]
    public void Rotation_ends_every_earlier_generation() =>
        Rotated(10, 20).Site(RotateImmediate, 30, 40, newGeneration: 5).Elsewhere(41, 42, Success, generation: 2)
            .IsRejectedBy(Rule.RetiredSecretAccepted);

    [Fact]
    public void New_secret_works_once_the_rotation_returned() =>
        Rotated(10, 20).Elsewhere(21, 30, InvalidSecret, generation: 2).IsRejectedBy(Rule.ValidSecretRefused);

    [Fact]
    public void New_secret_may_be_refused_before_its_rotation_returned() =>
        Rotated(10, 20).Elsewhere(15, 30, InvalidSecret, generation: 2).Elsewhere(25, 30, Success, generation: 2).IsAccepted();

    [Fact]
    public void New_secret_may_be_refused_if_a_lost_rotation_may_have_followed() =>
        Rotated(10, 20).Site(RotateImmediate, 5, Never).Elsewhere(900, 910, InvalidSecret, generation: 2).IsAccepted();

    [Fact]
    public void Unacknowledged_rotation_may_never_happen() =>
        Rotated(10, Never).Elsewhere(900, 910, Success).IsAccepted();

    [Fact]
    public void Unacknowledged_rotation_stays_once_its_secret_worked() =>
        Rotated(10, Never).Elsewhere(20, 30, Success, generation: 2).Elsewhere(31, 40, Success).IsRejectedBy(Rule.SupersededSecretAccepted);

    [Fact]
    public void Unacknowledged_rotation_stays_once_the_old_secret_was_refused() =>
        Rotated(10, Never).Elsewhere(20, 30, InvalidSecret).Elsewhere(31, 40, Success).IsRejectedBy(Rule.RefusedSecretAccepted);

    [Fact]
    public void Secret_does_not_work_before_it_exists() =>
        Rotated(10, 20).Elsewhere(5, 9, Success, generation: 2).IsRejectedBy(Rule.UnbornSecretAccepted);

    [Fact]
    public void Old_secret_works_in_its_grace() =>
        Histories.OneToken().Site(RotateGraceful, 10, 20, newGeneration: 2, graceEnd: 100)
            .Elsewhere(30, 40, Success, generation: 2).Elsewhere(104, 110, Success).Elsewhere(90, 96, InvalidSecret).IsAccepted();

    [Fact]
    public void Old_secret_fails_after_its_grace() =>
        Histories.OneToken().Site(RotateGraceful, 10, 20, newGeneration: 2, graceEnd: 100).Elsewhere(105, 110, Success)
            .IsRejectedBy(Rule.RetiredSecretAccepted);

    [Fact]
    public void Old_secret_is_not_refused_in_its_grace() =>
        Histories.OneToken().Site(RotateGraceful, 10, 20, newGeneration: 2, graceEnd: 100).Elsewhere(30, 95, InvalidSecret)
            .IsRejectedBy(Rule.ValidSecretRefused);

    [Fact]
    public void Immediate_rotation_ends_a_grace() =>
        Histories.OneToken().Site(RotateGraceful, 10, 20, newGeneration: 2, graceEnd: 100).Site(RotateImmediate, 30, 40, newGeneration: 3)
            .Elsewhere(41, 50, Success).IsRejectedBy(Rule.RetiredSecretAccepted);

    [Fact]
    public void Disabled_site_accepts_nothing() =>
        Histories.OneToken().Site(Disable, 10, 20).Elsewhere(21, 30, Success).IsRejectedBy(Rule.StoppedSiteAccepted);

    [Fact]
    public void Enable_called_before_the_disable_returned_may_have_come_second() =>
        Histories.OneToken().Site(Disable, 10, 20).Site(Enable, 5, 10).Elsewhere(21, 30, Success).Elsewhere(22, 30, InvalidSecret).IsAccepted();

    [Fact]
    public void Enable_that_returned_before_the_disable_was_called_undoes_nothing() =>
        Histories.OneToken().Site(Enable, 5, 9).Site(Disable, 10, 20).Elsewhere(21, 30, Success).IsRejectedBy(Rule.StoppedSiteAccepted);

    [Fact]
    public void Enabled_site_refuses_no_valid_secret() =>
        Histories.OneToken().Site(Disable, 10, 20).Site(Enable, 21, 30).Elsewhere(31, 40, InvalidSecret).IsRejectedBy(Rule.ValidSecretRefused);

    [Fact]
    public void Lost_disable_may_land_after_any_enable() =>
        Histories.OneToken().Site(Disable, 10, Never).Site(Enable, 21, 30).Elsewhere(900, 910, InvalidSecret).IsAccepted();

    [Fact]
    public void Lost_disable_stays_once_it_was_seen() =>
        Histories.OneToken().Site(Disable, 10, Never).Elsewhere(20, 30, InvalidSecret).Elsewhere(31, 40, Success)
            .IsRejectedBy(Rule.RefusedSecretAccepted);

    [Fact]
    public void Refusal_by_a_disable_says_nothing_after_an_enable() =>
        Histories.OneToken().Site(Disable, 10, 20).Elsewhere(21, 30, InvalidSecret).Site(Enable, 31, Never).Elsewhere(32, 40, Success).IsAccepted();

    [Fact]
    public void Deleted_site_stays_deleted() =>
        Histories.OneToken().Site(Delete, 10, 20).Site(Enable, 21, 25).Elsewhere(26, 30, Success).IsRejectedBy(Rule.StoppedSiteAccepted);

    [Fact]
    public void Unanswered_attempt_with_a_dead_secret_explains_no_duplicate() =>
        Rotated(10, 20).Unanswered(1, 21).Attempt(2, 30, 40, Duplicate, generation: 2).IsRejectedBy(Rule.PhantomDuplicate);
}
