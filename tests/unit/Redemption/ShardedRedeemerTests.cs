using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class ShardedRedeemerTests
{
    private const ulong Second = 1UL << 63;

    private readonly NotingRedeemer first = new(RedemptionStatus.Redeemed);
    private readonly NotingRedeemer second = new(RedemptionStatus.Duplicate);

    [Fact]
    public async Task Each_of_the_two_gets_its_tokens_at_once_and_outcomes_keep_their_order()
    {
        RedemptionRequest[] requests = [Of(1), Of(2 | Second), Of(3 | Second), Of(4), Of(5 | Second), Of(6)];
        RedemptionOutcome[] outcomes = await new ShardedRedeemer(first, second).RedeemAllAsync(requests);
        Assert.Equal([requests[0], requests[3], requests[5]], Assert.Single(first.Calls));
        Assert.Equal([requests[1], requests[2], requests[4]], Assert.Single(second.Calls));
        Assert.Equal(
            requests.Select(request => new RedemptionOutcome(request.Token.High >= Second ? RedemptionStatus.Duplicate : RedemptionStatus.Redeemed, new UnixSeconds((long)(request.Token.High & ~Second)))),
            outcomes);
    }

    private static RedemptionRequest Of(ulong high) => Ask(1, 1) with { Token = new TokenId(high, 7) };

    /// <summary>Answers each token by a time that tells which it was.</summary>
    private sealed class NotingRedeemer(RedemptionStatus status) : IRedeemer
    {
        public List<RedemptionRequest[]> Calls { get; } = [];

        public UnixSeconds IssuedFloor => default;

        public bool IsReady => true;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => throw new NotSupportedException();

        public void RedeemAll(ReadOnlySpan<RedemptionRequest> requests, Span<ValueTask<RedemptionOutcome>> outcomes)
        {
            Calls.Add(requests.ToArray());
            for (int i = 0; i < requests.Length; i++) outcomes[i] = new(new RedemptionOutcome(status, new UnixSeconds((long)(requests[i].Token.High & ~Second))));
        }

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => throw new NotSupportedException();
    }
}
