using System.Diagnostics.Metrics;

namespace CaptchaCluster.Tokens;

/// <summary>What is measured of minting.</summary>
public sealed class TokenMetrics(Meter meter)
{
    private readonly Counter<long> minted = meter.CreateCounter<long>("captchacluster.tokens.minted", "{token}", "Tokens minted.");

    private readonly Counter<long> serverTokens =
        meter.CreateCounter<long>("captchacluster.server_tokens.issued", "{token}", "Server tokens issued.");

    public void ServerTokenIssued() => serverTokens.Add(1);

    public void Minted(int count) => minted.Add(count);
}
