using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>A look at one token, waiting for its turn. Who asks goes on by the thread pool: administrators are in no hurry.</summary>
internal sealed class PeekOperation(TokenId token, UnixSeconds expiresAt)
{
    private readonly TaskCompletionSource<PeekOutcome> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TokenId Token => token;

    public UnixSeconds ExpiresAt => expiresAt;

    public Task<PeekOutcome> Task => source.Task;

    /// <summary>The first answer stays.</summary>
    public void Complete(PeekOutcome outcome) => source.TrySetResult(outcome);
}
