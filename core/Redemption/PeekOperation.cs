using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>A look at one token, waiting for its turn. Who asks goes on by the thread pool: looks are rare.</summary>
internal sealed class PeekOperation(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker)
{
    private readonly TaskCompletionSource<PeekOutcome> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TokenId Token => token;

    public UnixSeconds ExpiresAt => expiresAt;

    public SiteGeneration? Asker => asker;

    public Task<PeekOutcome> Task => source.Task;

    /// <summary>The first answer stays.</summary>
    public void Complete(PeekOutcome outcome) => source.TrySetResult(outcome);
}
