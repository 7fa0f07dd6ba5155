using CaptchaCluster.Gateway.Admin;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.FirstStart;

/// <summary>A site to try verification with, made once in a new data directory that only this machine can reach.</summary>
internal sealed record DemoSite(SiteKey Key, string Secret, string Token, UnixSeconds TokenExpiresAt)
{
    private const string Host = "localhost";

    public static async Task<DemoSite> CreateAsync(SiteRegistry sites, TokenMinter minter, int ttlSeconds)
    {
        Hostname.TryParse(Host, out Hostname hostname);
        SitePolicy policy = new() { Name = "demo", Hostnames = [hostname], EnforceHostname = true, TokenTtlSeconds = ttlSeconds };
        try
        {
            (Site site, string secret) = await sites.CreateAsync(policy);
            MintRequest request = new() { Site = site.Key, Hostname = hostname, TtlSeconds = ttlSeconds };
            MintResult.Minted minted = (MintResult.Minted)minter.Mint(request);
            return new DemoSite(site.Key, secret, minted.Tokens[0], minted.ExpiresAt);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The demonstration site could not be saved: {exception.Message}", exception);
        }
    }
}
