using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Simulation;

/// <summary>
/// Holds looks at tokens against what else was told of them: once a caller or a look was told that a token is spent, no
/// look calls it unspent, nor expired while its redemption is retained, and nobody redeems it anew.
/// </summary>
internal sealed class SimulatedLooks
{
    private readonly HashSet<TokenId> spent = [];
    private readonly Dictionary<PeekStatus, int> counts = [];

    public int Count(PeekStatus status) => counts.GetValueOrDefault(status);

    /// <summary>The answers of a turn have left the service.</summary>
    public void Answered(IReadOnlyCollection<RedemptionOperation> turn)
    {
        foreach (RedemptionOperation operation in turn)
        {
            if (operation.Outcome.Status == RedemptionStatus.Redeemed && spent.Contains(operation.Request.Token))
                throw Broken(operation.Request.Token, "was redeemed although it had been told to be spent");
        }

        spent.UnionWith(turn
            .Where(operation => operation.Outcome.Status is RedemptionStatus.Redeemed or RedemptionStatus.Replayed or RedemptionStatus.Duplicate)
            .Select(operation => operation.Request.Token));
    }

    public void Looked(TokenId token, UnixSeconds expiry, PeekOutcome outcome, UnixSeconds horizon)
    {
        counts[outcome.Status] = Count(outcome.Status) + 1;
        bool isForgotten = outcome.Status == PeekStatus.Expired && expiry <= horizon;
        bool isDoubt = outcome.Status == PeekStatus.Unknown;
        if (outcome.Status == PeekStatus.Redeemed) spent.Add(token);
        else if (spent.Contains(token) && !isForgotten && !isDoubt) throw Broken(token, $"is {outcome.Status} to a look although it was spent");
    }

    private static InvalidOperationException Broken(TokenId token, string what) => new($"Token {token} {what}.");
}
