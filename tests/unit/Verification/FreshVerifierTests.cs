using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Sites;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

/// <summary>A verifier beside others: what its node does not know, the store does.</summary>
public sealed class FreshVerifierTests
{
    private readonly VerifierBench bench = new();
    private readonly Source source = new();
    private readonly Verifier verifier;

    public FreshVerifierTests() =>
        verifier = new Verifier(bench.Directory, bench.Codec, bench, bench.Clock, acceptTestKeys: true, new FreshSites(source, bench.Directory));

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_site_that_another_node_made_is_recognised_at_once()
    {
        Site site = SiteSamples.New(out string secret);
        source.Sites.Add(site);
        string token = TokenOf(site);
        Assert.Equal(VerdictKind.Success, await VerifyAsync(secret, token));
        Assert.Equal(VerdictKind.Success, await VerifyAsync(secret, token));
        Assert.Equal(1, source.Reads);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public async Task A_secret_that_another_node_made_is_recognised_at_once_and_so_is_a_site_it_enabled()
    {
        string secret = SiteSecret.New(bench.Site.Key);
        bench.Publish(site => site with { Policy = site.Policy with { Disabled = true } });
        Site changed = bench.Site with
        {
            Version = bench.Site.Version + 5,
            Generation = new Generation(2),
            SecretHash = [.. SiteSecret.Hash(secret)],
            Policy = bench.Site.Policy with { Disabled = false },
        };
        Assert.Equal(VerdictKind.SiteDisabled, await VerifyAsync(bench.Secret, bench.Token()));
        source.Sites.Add(changed);
        Assert.Equal(VerdictKind.Success, await VerifyAsync(secret, bench.Token()));
        Assert.Equal(new Generation(2), bench.Asked[^1].Generation);
        Assert.Equal(VerdictKind.InvalidSecret, await VerifyAsync(bench.Secret, bench.Token()));
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task Where_the_store_cannot_be_read_an_unknown_secret_is_not_refused()
    {
        source.IsReachable = false;
        Assert.Equal(VerdictKind.Undecided, await VerifyAsync(SiteSecret.New(SiteKey.New()), bench.Token()));
        Assert.Equal(VerdictKind.Undecided, await VerifyAsync(SiteSecret.New(bench.Site.Key), bench.Token()));
        Assert.Equal(VerdictKind.Success, await VerifyAsync(bench.Secret, bench.Token()));
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public async Task Malformed_secrets_and_those_of_deleted_sites_are_refused_without_a_read()
    {
        bench.Publish(site => site with { DeletedAt = bench.Clock.Now, SecretHash = [] });
        string mistyped = SiteSecret.New(SiteKey.New())[..^1] + "-";
        foreach (string secret in new[] { "x", mistyped, bench.Secret })
            Assert.Equal(VerdictKind.InvalidSecret, await VerifyAsync(secret, "any"));
        Assert.Equal(0, source.Reads);
    }

    [Theory]
    [InlineData(true, true, VerdictKind.SiteDisabled)]
    [InlineData(false, true, VerdictKind.InvalidSecret)]
    [InlineData(true, false, VerdictKind.Undecided)]
    [Trait("Invariant", "I8")]
    public async Task What_the_ledger_retired_is_judged_by_the_site_as_it_is_now(bool isDisabled, bool isReachable, VerdictKind expected)
    {
        bench.Answer = new RedemptionOutcome(RedemptionStatus.Retired);
        source.IsReachable = isReachable;
        source.Sites.Add(bench.Site with { Version = 9, Generation = new Generation(2), Policy = bench.Site.Policy with { Disabled = isDisabled } });
        Assert.Equal(expected, await VerifyAsync(bench.Secret, bench.Token()));
    }

    private string TokenOf(Site site) => Tokens.TokenSamples.Mint(bench.Codec, bench.Claims() with { Site = site.Key });

    private async Task<VerdictKind> VerifyAsync(string secret, string token)
    {
        byte[] secretBytes = Encoding.UTF8.GetBytes(secret), tokenBytes = Encoding.UTF8.GetBytes(token);
        ValueTask<Verdict> verdict = verifier.VerifyAsync(new VerificationRequest
        {
            Secret = secretBytes,
            Token = tokenBytes,
            RemoteIp = Encoding.UTF8.GetBytes(VerifierBench.Visitor),
        });

        // The buffer of a request is somebody else's as soon as the call has returned.
        Array.Clear(secretBytes);
        Array.Clear(tokenBytes);
        return (await verdict).Kind;
    }

    private sealed class Source : ISiteSource
    {
        public List<Site> Sites { get; } = [];

        public bool IsReachable { get; set; } = true;

        public int Reads { get; private set; }

        public async ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys)
        {
            Reads++;
            await Task.Yield();
            if (!IsReachable) throw new UnknownOutcomeException("the line is dead");
            return [.. Sites.Where(site => keys.Contains(site.Key))];
        }

        public ValueTask<SitePage> ReadAfterAsync(long version) => throw new NotSupportedException("nobody scans here");
    }
}
