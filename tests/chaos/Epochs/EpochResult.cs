namespace CaptchaCluster.Tests.Chaos.Epochs;

/// <summary>What became of an epoch.</summary>
/// <param name="Number">Its own.</param>
/// <param name="Tokens">That were minted.</param>
/// <param name="Strikes">Every fault that was made, and whether it was seen to have its effect.</param>
/// <param name="Report">Null where it did not come to be checked.</param>
/// <param name="LostAcknowledgements">See <see cref="JudgedRun.LostAcknowledgements"/>.</param>
/// <param name="Unheard">Redemptions that the ledger had recorded without a node being told so, and how many of them a caller was told of all the same.</param>
/// <param name="Evidence">What was seen of faults from outside, and how often.</param>
/// <param name="Failure">What broke it off; null where nothing did.</param>
internal sealed record EpochResult(
    int Number,
    int Tokens,
    IReadOnlyList<(string Kind, bool HasBitten)> Strikes,
    CheckReport? Report,
    int LostAcknowledgements,
    (int Redemptions, int Settled) Unheard,
    IReadOnlyList<(string What, long Count)> Evidence,
    string? Failure)
{
    public bool IsClean => Failure is null && Report is { IsClean: true };
}
