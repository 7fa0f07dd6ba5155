using CaptchaCluster.Redemption;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class RedemptionShardTests
{
    private readonly RedemptionShard shard = new();

    /// <summary>Every combination of what can stand for or against a request, and what comes first.</summary>
    [Theory]
    [CombinatorialFacts(bits: 6)]
    [Trait("Invariant", "I3")]
    public void Retired_comes_before_an_existing_redemption_before_waiting_before_expiry(
        bool retired, bool existing, bool sameAttempt, bool pending, bool expired, bool belowHorizon)
    {
        RedemptionRequest request = Ask(1, 1);
        if (pending) Judge(Ask(1, 9), Now - 1);
        if (existing) shard.Learn(Fact(Ask(1, sameAttempt ? 1UL : 2UL), Now - 5));

        // The token's table covers 64 seconds of expiry, so a horizon at its expiry does not always drop it; it is forgotten all the same.
        if (belowHorizon) shard.RaiseHorizon(request.ExpiresAt);
        RedemptionDecision expected =
            retired ? RedemptionDecision.Retired
            : existing && !belowHorizon ? sameAttempt ? RedemptionDecision.SameAttempt : RedemptionDecision.Duplicate
            : pending ? RedemptionDecision.Wait
            : expired || belowHorizon ? RedemptionDecision.Expired
            : RedemptionDecision.MustCommit;

        Assert.Equal(expected, shard.Judge(request, expired ? request.ExpiresAt : request.ExpiresAt - 1, retired, out UnixSeconds at));
        Assert.Equal(expected is RedemptionDecision.SameAttempt or RedemptionDecision.Duplicate ? Now - 5 : default, at);
    }

    [Theory]
    [InlineData(-1, RedemptionDecision.MustCommit)]
    [InlineData(0, RedemptionDecision.Expired)]
    [InlineData(1, RedemptionDecision.Expired)]
    [Trait("Invariant", "I7")]
    public void A_token_expires_at_its_expiry(long afterExpiry, RedemptionDecision decision) =>
        Assert.Equal(decision, Judge(Ask(1, 1), Now + 600 + afterExpiry));

    [Theory]
    [InlineData(-1, RedemptionDecision.MustCommit)]
    [InlineData(0, RedemptionDecision.Expired)]
    [InlineData(1, RedemptionDecision.Expired)]
    [Trait("Invariant", "I7")]
    public void A_token_at_or_below_the_horizon_is_expired_whatever_the_clock_says(long aboveExpiry, RedemptionDecision decision)
    {
        shard.RaiseHorizon(Now + 600 + aboveExpiry);
        Assert.Equal(decision, Judge(Ask(1, 1), new UnixSeconds(1)));
    }

    [Theory]
    [InlineData(CommitStatus.Recorded, RedemptionDecision.SameAttempt, RedemptionDecision.Duplicate)]
    [InlineData(CommitStatus.Existing, RedemptionDecision.SameAttempt, RedemptionDecision.Duplicate)]
    [InlineData(CommitStatus.Expired, RedemptionDecision.MustCommit, RedemptionDecision.MustCommit)]
    [InlineData(CommitStatus.RetiredGeneration, RedemptionDecision.MustCommit, RedemptionDecision.MustCommit)]
    [Trait("Invariant", "I4")]
    public void A_settled_request_is_a_fact_only_where_the_store_has_it(CommitStatus status, RedemptionDecision same, RedemptionDecision other)
    {
        RedemptionRequest request = Ask(1, 1);
        Assert.Equal(RedemptionDecision.MustCommit, Judge(request));
        Assert.Equal(RedemptionDecision.Wait, Judge(request));
        Assert.Equal(RedemptionDecision.Wait, Judge(Ask(1, 2)));
        shard.Settle(request, new CommitResult(status, request.Attempt, Now));
        Assert.Equal(same, Judge(request));
        if (same == RedemptionDecision.MustCommit) shard.Abandon(request);
        Assert.Equal(other, Judge(Ask(1, 2)));
    }

    [Fact]
    [Trait("Invariant", "I4")]
    public void An_existing_redemption_belongs_to_the_attempt_that_the_store_names()
    {
        Judge(Ask(1, 1));
        shard.Settle(Ask(1, 1), new CommitResult(CommitStatus.Existing, Ask(1, 7).Attempt, Now - 3));
        Assert.Equal(RedemptionDecision.Duplicate, shard.Judge(Ask(1, 1), Now, retired: false, out UnixSeconds at));
        Assert.Equal(Now - 3, at);
        Assert.Equal(RedemptionDecision.SameAttempt, Judge(Ask(1, 7)));
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void An_abandoned_id_is_free_again_and_nothing_is_believed_of_it()
    {
        Judge(Ask(1, 1));
        shard.Abandon(Ask(1, 1));
        Assert.Equal(0, shard.LiveRedemptions);
        Assert.Equal(RedemptionDecision.MustCommit, Judge(Ask(1, 2)));
        Assert.Equal(RedemptionDecision.Wait, Judge(Ask(1, 1)));
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public void Success_sticks_after_expiry_and_under_a_later_generation()
    {
        shard.Learn(Fact(Ask(1, 1), Now));
        Assert.Equal(RedemptionDecision.SameAttempt, Judge(Ask(1, 1, generation: 5), Now + 100_000));
        Assert.Equal(RedemptionDecision.Duplicate, Judge(Ask(1, 2), Now + 100_000));
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void A_retired_or_expired_request_does_not_make_its_token_pending()
    {
        Assert.Equal(RedemptionDecision.Retired, shard.Judge(Ask(1, 1), Now, retired: true, out _));
        Assert.Equal(RedemptionDecision.Expired, Judge(Ask(1, 1), Now + 600));
        Assert.Equal(RedemptionDecision.MustCommit, Judge(Ask(1, 2)));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void A_fact_at_or_below_the_horizon_is_not_held()
    {
        shard.RaiseHorizon(Now + 600);
        shard.Learn(Fact(Ask(1, 1, expiresIn: 600), Now));
        Assert.Equal(0, shard.LiveRedemptions);
        shard.Learn(Fact(Ask(2, 1, expiresIn: 601), Now));
        Assert.Equal(1, shard.LiveRedemptions);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void A_higher_horizon_drops_only_what_it_covers_and_a_lower_one_nothing()
    {
        for (long expiry = 1; expiry <= 1000; expiry++) shard.Learn(Fact(Ask((ulong)expiry, 1, expiry), Now));
        for (long horizon = 1; horizon <= 1000; horizon++)
        {
            shard.RaiseHorizon(Now + horizon);
            shard.RaiseHorizon(Now + horizon - 200);
            Assert.Equal(Now + horizon, shard.Horizon);
            Assert.InRange(shard.LiveRedemptions, 1000 - horizon, 1000 - horizon + 63);
            if (horizon < 1000) Assert.Equal(RedemptionDecision.SameAttempt, Judge(Ask((ulong)horizon + 1, 1, horizon + 1)));
        }

        shard.RaiseHorizon(Now + 1063);
        Assert.Equal(0, shard.LiveRedemptions);
    }

    [Fact]
    public void The_same_fact_twice_is_one_redemption_and_the_first_stays()
    {
        shard.Learn(Fact(Ask(1, 1), Now));
        shard.Learn(Fact(Ask(1, 2), Now + 1));
        Assert.Equal(1, shard.LiveRedemptions);
        Assert.Equal(RedemptionDecision.SameAttempt, Judge(Ask(1, 1)));
    }

    /// <summary>Every combination of what can be known of a token, and what comes first.</summary>
    [Theory]
    [CombinatorialFacts(bits: 4)]
    [Trait("Invariant", "I5")]
    public void A_look_tells_a_redemption_before_doubt_before_expiry(bool existing, bool pending, bool expired, bool belowHorizon)
    {
        RedemptionRequest request = Ask(1, 1);
        if (pending) Judge(Ask(1, 9), Now - 1);
        if (existing) shard.Learn(Fact(Ask(1, 2), Now - 5));
        if (belowHorizon) shard.RaiseHorizon(request.ExpiresAt);
        PeekStatus expected =
            existing && !belowHorizon ? PeekStatus.Redeemed
            : pending ? PeekStatus.Unknown
            : expired || belowHorizon ? PeekStatus.Expired
            : PeekStatus.Unspent;

        PeekOutcome outcome = shard.Peek(request.Token, request.ExpiresAt, expired ? request.ExpiresAt : request.ExpiresAt - 1);
        Assert.Equal(new PeekOutcome(expected, expected == PeekStatus.Redeemed ? Now - 5 : default), outcome);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void A_look_leaves_a_token_as_it_was()
    {
        RedemptionRequest request = Ask(1, 1);
        for (int i = 0; i < 3; i++) Assert.Equal(PeekStatus.Unspent, shard.Peek(request.Token, request.ExpiresAt, Now).Status);
        Assert.Equal(RedemptionDecision.MustCommit, Judge(request));
    }

    private RedemptionDecision Judge(in RedemptionRequest request) => Judge(request, Now);

    private RedemptionDecision Judge(in RedemptionRequest request, UnixSeconds now) => shard.Judge(request, now, retired: false, out _);

    private sealed class CombinatorialFactsAttribute(int bits) : Xunit.Sdk.DataAttribute
    {
        public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
            Enumerable.Range(0, 1 << bits).Select(row => Enumerable.Range(0, bits).Select(bit => (object)((row >> bit & 1) == 1)).ToArray());
    }
}
