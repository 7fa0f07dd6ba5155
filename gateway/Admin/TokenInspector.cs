using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Tells an administrator what a token is and what became of it. Spends nothing.</summary>
internal sealed class TokenInspector(TokenCodec codec, IRedeemer redeemer)
{
    /// <summary>Characters; more than a token can have, as somebody may ask what is wrong with a longer text.</summary>
    private const int MaxLength = 4 * TokenLimits.MaxTokenLength;

    public async ValueTask<AdminReply> InspectAsync(string none, JsonMembers body)
    {
        string? text = body.Text("token", 1, MaxLength);
        if (text is null) body.Refuse("token", "given");
        if (body.RefuseUnknown() is { } problem) return AdminError.BadRequest(problem);

        TokenContent? content = TokenContent.Read(text!);
        PassToken? token = codec.Read(Encoding.UTF8.GetBytes(text!), out TokenFlaw flaw);
        if (token is null) return new InspectionReply(flaw, content, TokenState.Unknown);

        // I5: what the ledger cannot tell is no state of the token.
        PeekOutcome outcome = await redeemer.PeekAsync(token.Id, token.ExpiresAt);
        return outcome.Status is PeekStatus.Unknown or PeekStatus.Overloaded
            ? AdminError.StateNotEstablished
            : new InspectionReply(flaw, content, StateOf(token, outcome.Status), outcome.At);
    }

    private TokenState StateOf(PassToken token, PeekStatus status) => status switch
    {
        PeekStatus.Redeemed => TokenState.Redeemed,
        PeekStatus.Expired => TokenState.Expired,

        // Issued before the ledger came back from a backup: verification refuses it as expired.
        PeekStatus.Unspent => token.IssuedAt <= redeemer.IssuedFloor ? TokenState.Expired : TokenState.Unspent,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not the state of a token"),
    };
}
