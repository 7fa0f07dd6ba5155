using System.Runtime.CompilerServices;
using CaptchaCluster.Bench.Redis.Connection;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Bench.Redis;

/// <summary>
/// Redeems by <c>SET id 1 NX EX</c>: a token is spent by who sets its key first. No more than that: the same attempt again is a
/// duplicate, and the secret is not looked at once more at the moment of the redemption.
/// </summary>
/// <param name="redis">Not this one's to dispose of.</param>
/// <param name="maxClockSkewSeconds">How long a key outlives its token.</param>
/// <param name="clock">Wall time.</param>
internal sealed class RedisRedeemer(RedisConnection redis, int maxClockSkewSeconds, TimeProvider clock) : IRedeemer
{
    /// <summary>Nothing is ever restored.</summary>
    public UnixSeconds IssuedFloor => default;

    /// <summary>Without its connection the process ends.</summary>
    public bool IsReady => true;

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request)
    {
        UnixSeconds now = UnixSeconds.Now(clock);
        if (request.ExpiresAt <= now) return new(new RedemptionOutcome(RedemptionStatus.Expired));
        Span<byte> key = stackalloc byte[TokenId.Size];
        request.Token.Write(key);
        return OutcomeAsync(redis.SetIfAbsentAsync(key, request.ExpiresAt - now + maxClockSkewSeconds), now);
    }

    /// <summary>Unknown: only redemptions are measured.</summary>
    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => new(default(PeekOutcome));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RedemptionOutcome> OutcomeAsync(ValueTask<bool> isSet, UnixSeconds now) =>
        await isSet.ConfigureAwait(false) ? new RedemptionOutcome(RedemptionStatus.Redeemed, now) : new RedemptionOutcome(RedemptionStatus.Duplicate);
}
