using System.Net;
using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Sites;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

/// <summary>A verifier before a redeemer that notes what it is asked. Its site enforces hostnames and binds addresses.</summary>
internal sealed class VerifierBench : IRedeemer
{
    public const string Visitor = "203.0.113.9";

    private readonly Random random = new(20_261_215);

    public VerifierBench(bool acceptTestKeys = true)
    {
        Site = SiteSamples.New(out string secret);
        Secret = secret;
        Site = Site with
        {
            Policy = Site.Policy with { EnforceHostname = true, IpBinding = IpBinding.Enforce, Hostnames = [TokenSamples.HostnameOf("example.com")] },
        };
        Directory = new SiteDirectory([Site]);
        Codec = new TokenCodec(TokenSamples.Ring(), TokenSamples.Limits, Clock);
        Verifier = new Verifier(Directory, Codec, this, Clock, acceptTestKeys);
    }

    public ManualTime Clock { get; } = new(TokenSamples.Now);

    public SiteDirectory Directory { get; }

    public Site Site { get; private set; }

    public string Secret { get; }

    public TokenCodec Codec { get; }

    public Verifier Verifier { get; }

    public UnixSeconds IssuedFloor { get; set; }

    public bool IsReady => true;

    public List<RedemptionRequest> Asked { get; } = [];

    public RedemptionOutcome Answer { get; set; } = new(RedemptionStatus.Redeemed, TokenSamples.Now);

    /// <summary>What it was asked to look at, and for whom.</summary>
    public List<(TokenId Token, UnixSeconds ExpiresAt, SiteGeneration? Asker)> Looked { get; } = [];

    public PeekOutcome Look { get; set; } = new(PeekStatus.Unspent);

    public Action OnAsked { get; set; } = () => { };

    public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request)
    {
        Asked.Add(request);
        OnAsked();
        return new(Answer);
    }

    public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null)
    {
        Looked.Add((token, expiresAt, asker));
        OnAsked();
        return new(Look);
    }

    /// <summary>A token that the site accepts from <see cref="Visitor"/> for ten minutes.</summary>
    public TokenClaims Claims() => TokenSamples.Plain(random) with { Site = Site.Key, ClientAddress = IPAddress.Parse(Visitor) };

    public string Token() => TokenSamples.Mint(Codec, Claims());

    public void Publish(Func<Site, Site> change)
    {
        Site = change(Site) with { Version = Site.Version + 1 };
        Directory.Publish(Site);
    }

    public Verdict Verify(
        string secret,
        string token,
        string remoteIp = Visitor,
        string idempotencyKey = "",
        string siteKey = "",
        string action = "",
        string uid = "",
        string? secretSiteKey = null,
        bool isPeek = false)
    {
        ValueTask<Verdict> verdict = Verifier.VerifyAsync(new VerificationRequest
        {
            Secret = Encoding.UTF8.GetBytes(secret),
            Token = Encoding.UTF8.GetBytes(token),
            RemoteIp = Encoding.UTF8.GetBytes(remoteIp),
            IdempotencyKey = Encoding.UTF8.GetBytes(idempotencyKey),
            SiteKey = Encoding.UTF8.GetBytes(siteKey),
            Action = Encoding.UTF8.GetBytes(action),
            Uid = Encoding.UTF8.GetBytes(uid),
            HasPairedSecret = secretSiteKey is not null,
            SecretSiteKey = Encoding.UTF8.GetBytes(secretSiteKey ?? ""),
            IsPeek = isPeek,
        });
        Assert.True(verdict.IsCompletedSuccessfully);
        return verdict.Result;
    }
}
