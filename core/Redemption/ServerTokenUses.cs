using System.Buffers.Binary;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>
/// Counts the uses of server tokens by the ledger, so that the count holds across crashes, restarts and nodes: a token that
/// may be used n times owns n ids, and a use redeems the first of them that is free. Each such redemption is one attempt of
/// its own: of two that want the same id one has it, and the other goes on to the next.
/// </summary>
/// <remarks>A use whose reply is lost, or whose outcome stays unknown, may have been made (I5).</remarks>
public sealed class ServerTokenUses(IRedeemer redeemer, TimeProvider clock)
{
    private static ReadOnlySpan<byte> IdLabel => "server token use"u8;

    /// <summary>
    /// As <see cref="IRedeemer.RedeemAsync"/>; Duplicate where no use is left. Retired where the site is not active, or the
    /// secret that the token was issued for was rotated out: what a lost secret obtained is lost with it.
    /// </summary>
    public async ValueTask<RedemptionOutcome> UseAsync(ServerToken token)
    {
        if (IsIssuedBeforeRestore(token) || token.ExpiresAt <= UnixSeconds.Now(clock)) return new RedemptionOutcome(RedemptionStatus.Expired);
        AttemptKey attempt = AttemptKey.New();
        for (int use = 1; ; use++)
        {
            RedemptionOutcome outcome = await redeemer.RedeemAsync(
                new RedemptionRequest(IdOf(token, use), token.ExpiresAt, token.Site, token.Generation, attempt));

            // I5: an id that is not known to be taken is not passed by.
            if (outcome.Status == RedemptionStatus.Duplicate && use < token.MaxUses) continue;
            return outcome.Status == RedemptionStatus.Redeemed && IsIssuedBeforeRestore(token) ? new RedemptionOutcome(RedemptionStatus.Expired) : outcome;
        }
    }

    // Looked at after the outcome too: uses of before a restore are forgotten (I1).
    private bool IsIssuedBeforeRestore(ServerToken token) => token.IssuedAt <= redeemer.IssuedFloor;

    private static TokenId IdOf(ServerToken token, int use)
    {
        Span<byte> content = stackalloc byte[TokenId.Size + sizeof(int)];
        token.Id.Write(content);
        BinaryPrimitives.WriteInt32BigEndian(content[TokenId.Size..], use);
        return TokenId.Derive(IdLabel, content);
    }
}
