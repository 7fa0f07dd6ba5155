using CaptchaCluster.Redemption;

namespace CaptchaCluster.Gateway.Health;

/// <summary>Whether requests should be sent here: false while the ledger cannot commit (I9), and from the beginning of the shutdown.</summary>
internal sealed class Readiness(IRedeemer redeemer)
{
    private volatile bool stopping;

    public bool IsReady => !stopping && redeemer.IsReady;

    public void BeginShutdown() => stopping = true;
}
