using System.Net;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Sites;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

public sealed class VerifierTests
{
    private readonly VerifierBench bench = new();

    [Theory]
    [InlineData(RedemptionStatus.Redeemed, VerdictKind.Success, true)]
    [InlineData(RedemptionStatus.Replayed, VerdictKind.Success, true)]
    [InlineData(RedemptionStatus.Duplicate, VerdictKind.Duplicate, true)]
    [InlineData(RedemptionStatus.Expired, VerdictKind.Expired, true)]
    [InlineData(RedemptionStatus.Retired, VerdictKind.InvalidSecret, false)]
    [InlineData(RedemptionStatus.Unknown, VerdictKind.Undecided, false)]
    [InlineData(RedemptionStatus.Overloaded, VerdictKind.Undecided, false)]
    [Trait("Invariant", "I5")]
    public void The_verdict_follows_from_what_the_ledger_says(RedemptionStatus status, VerdictKind kind, bool showsToken)
    {
        bench.Answer = new RedemptionOutcome(status, TokenSamples.Now);
        Verdict verdict = bench.Verify(bench.Secret, bench.Token());
        Assert.Equal(kind, verdict.Kind);
        Assert.Equal(showsToken, verdict.Token is not null);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void A_site_disabled_or_deleted_while_the_ledger_was_asked_is_told_as_such()
    {
        bench.Answer = new RedemptionOutcome(RedemptionStatus.Retired);
        bench.OnAsked = () => bench.Publish(site => site with { Policy = site.Policy with { Disabled = true } });
        Assert.Equal(VerdictKind.SiteDisabled, bench.Verify(bench.Secret, bench.Token()).Kind);
        VerifierBench other = new() { Answer = new RedemptionOutcome(RedemptionStatus.Retired) };
        other.OnAsked = () => other.Publish(site => site with { DeletedAt = TokenSamples.Now, SecretHash = [] });
        Assert.Equal(VerdictKind.InvalidSecret, other.Verify(other.Secret, other.Token()).Kind);
    }

    [Fact]
    public void The_ledger_is_asked_for_the_token_the_site_and_the_generation_that_authenticated()
    {
        string token = bench.Token();
        string newer = SiteSecret.New(bench.Site.Key);
        bench.Publish(site => site with
        {
            Generation = new Generation(2),
            SecretHash = [.. SiteSecret.Hash(newer)],
            Previous = new PreviousSecret(Generation.First, site.SecretHash, TokenSamples.Now + 7200),
        });
        bench.Verify(bench.Secret, token);
        bench.Verify(newer, token);
        Assert.Equal([Generation.First, new Generation(2)], bench.Asked.Select(request => request.Generation));
        Assert.All(bench.Asked, request => Assert.Equal(
            (bench.Codec.Read(token)!.Id, TokenSamples.Now + 600, bench.Site.Key), (request.Token, request.ExpiresAt, request.Site)));
    }

    [Theory]
    [InlineData(7199, VerdictKind.Success)]
    [InlineData(7200, VerdictKind.InvalidSecret)]
    [Trait("Invariant", "I8")]
    public void A_secret_in_grace_is_good_until_the_stated_time(long later, VerdictKind kind)
    {
        bench.Publish(site => SiteRotation.Decide(site, new RotationRequest(false, null), TokenSamples.Now).Changed!);
        bench.Clock.Advance(TimeSpan.FromSeconds(later));
        string token = TokenSamples.Mint(bench.Codec, bench.Claims() with { IssuedAt = bench.Clock.Now, ExpiresAt = bench.Clock.Now + 600 });
        Assert.Equal(kind, bench.Verify(bench.Secret, token).Kind);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void Once_a_rotation_or_a_deletion_returned_the_old_secret_is_refused()
    {
        string token = bench.Token();
        bench.Publish(site => SiteRotation.Decide(site, new RotationRequest(true, null), TokenSamples.Now).Changed!);
        Assert.Equal(VerdictKind.InvalidSecret, bench.Verify(bench.Secret, token).Kind);
        VerifierBench other = new();
        other.Publish(site => site with { DeletedAt = TokenSamples.Now, SecretHash = [], Previous = null });
        Assert.Equal(VerdictKind.InvalidSecret, other.Verify(other.Secret, other.Token()).Kind);
        Assert.Empty(bench.Asked.Concat(other.Asked));
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public void The_same_idempotency_key_is_the_same_attempt_and_none_is_a_new_one_each_time()
    {
        string token = bench.Token();
        foreach (string key in new[] { "order-66", "order-66", "order-67", "", "" }) bench.Verify(bench.Secret, token, idempotencyKey: key);
        AttemptKey[] attempts = [.. bench.Asked.Select(request => request.Attempt)];
        Assert.Equal(AttemptKey.Of(bench.Site.Key, "order-66"u8), attempts[0]);
        Assert.Equal(attempts[0], attempts[1]);
        Assert.Equal(4, attempts.Distinct().Count());
        Assert.DoesNotContain(AttemptKey.Of(bench.Site.Key, ""u8), attempts);
    }

    [Theory]
    [InlineData("", VerdictKind.Success)]
    [InlineData("the site's", VerdictKind.Success)]
    [InlineData("another", VerdictKind.SiteKeyMismatch)]
    [InlineData("x", VerdictKind.SiteKeyMismatch)]
    [InlineData(" ", VerdictKind.SiteKeyMismatch)]
    public void A_sitekey_that_is_named_must_be_the_secrets(string named, VerdictKind kind)
    {
        string key = named switch { "the site's" => bench.Site.Key.ToString(), "another" => SiteKey.New().ToString(), _ => named };
        Assert.Equal(kind, bench.Verify(bench.Secret, bench.Token(), siteKey: key).Kind);
    }

    [Theory]
    [InlineData("203.0.113.9", VerdictKind.Success)]
    [InlineData("::ffff:203.0.113.9", VerdictKind.Success)]
    [InlineData("[::ffff:203.0.113.9]:443", VerdictKind.Success)]
    [InlineData("203.0.113.9:51234", VerdictKind.Success)]
    [InlineData("203.0.113.10", VerdictKind.IpMismatch)]
    [InlineData("", VerdictKind.IpMismatch)]
    [InlineData("unknown", VerdictKind.IpMismatch)]
    public void Where_the_site_binds_addresses_the_visitors_must_be_the_tokens(string remoteIp, VerdictKind kind)
    {
        Assert.Equal(kind, bench.Verify(bench.Secret, bench.Token(), remoteIp).Kind);
        string unbound = TokenSamples.Mint(bench.Codec, bench.Claims() with { ClientAddress = null });
        Assert.Equal(VerdictKind.IpMismatch, bench.Verify(bench.Secret, unbound, remoteIp).Kind);
    }

    [Theory]
    [InlineData("login", "login", VerdictKind.Success)]
    [InlineData("login", "", VerdictKind.Success)]
    [InlineData("login", "Login", VerdictKind.ActionMismatch)]
    [InlineData("login", "log", VerdictKind.ActionMismatch)]
    [InlineData("a \"b\" ü\u0001", "a \"b\" ü\u0001", VerdictKind.Success)]
    [InlineData("a\"", "a\\u0022", VerdictKind.ActionMismatch)]
    [InlineData(null, "login", VerdictKind.ActionMismatch)]
    [InlineData(null, "", VerdictKind.Success)]
    public void An_action_that_is_named_must_be_the_tokens(string? minted, string named, VerdictKind kind)
    {
        string token = TokenSamples.Mint(bench.Codec, bench.Claims() with { Action = minted });
        Assert.Equal(kind, bench.Verify(bench.Secret, token, action: named).Kind);
    }

    [Theory]
    [InlineData("17", "17", VerdictKind.Success)]
    [InlineData("17", "", VerdictKind.Success)]
    [InlineData("17", "18", VerdictKind.UidMismatch)]
    [InlineData("ü", "ü", VerdictKind.Success)]
    [InlineData(null, "17", VerdictKind.UidMismatch)]
    public void A_user_who_is_named_must_be_the_tokens(string? minted, string named, VerdictKind kind)
    {
        string token = TokenSamples.Mint(bench.Codec, bench.Claims() with { Uid = minted });
        Assert.Equal(kind, bench.Verify(bench.Secret, token, uid: named).Kind);
    }

    [Theory]
    [InlineData("the site's", VerdictKind.Success)]
    [InlineData("another", VerdictKind.InvalidSecret)]
    [InlineData("deleted", VerdictKind.UnknownSite)]
    [InlineData("unknown", VerdictKind.UnknownSite)]
    [InlineData("x", VerdictKind.UnknownSite)]
    [InlineData("", VerdictKind.UnknownSite)]
    public void The_sitekey_of_a_pair_must_be_the_secrets(string pair, VerdictKind kind)
    {
        Site other = SiteSamples.New(out _), deleted = SiteSamples.New(out _) with { DeletedAt = TokenSamples.Now };
        bench.Directory.Publish(other);
        bench.Directory.Publish(deleted);
        string key = pair switch
        {
            "the site's" => bench.Site.Key.ToString(),
            "another" => other.Key.ToString(),
            "deleted" => deleted.Key.ToString(),
            "unknown" => SiteKey.New().ToString(),
            _ => pair,
        };
        Assert.Equal(kind, bench.Verify(bench.Secret, bench.Token(), secretSiteKey: key).Kind);
    }

    [Theory]
    [InlineData(PeekStatus.Unspent, VerdictKind.Success)]
    [InlineData(PeekStatus.Redeemed, VerdictKind.Duplicate)]
    [InlineData(PeekStatus.Expired, VerdictKind.Expired)]
    [InlineData(PeekStatus.Retired, VerdictKind.InvalidSecret)]
    [InlineData(PeekStatus.Unknown, VerdictKind.Undecided)]
    [InlineData(PeekStatus.Overloaded, VerdictKind.Undecided)]
    [Trait("Invariant", "I5")]
    public void A_look_asks_the_ledger_for_whose_secret_it_was_and_redeems_nothing(PeekStatus status, VerdictKind kind)
    {
        string token = bench.Token();
        bench.Look = new PeekOutcome(status);
        Assert.Equal(kind, bench.Verify(bench.Secret, token, idempotencyKey: "order-66", isPeek: true).Kind);
        Assert.Empty(bench.Asked);
        Assert.Equal(
            (bench.Codec.Read(token)!.Id, TokenSamples.Now + 600, new SiteGeneration(bench.Site.Key, Generation.First)), Assert.Single(bench.Looked));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void A_site_disabled_while_the_ledger_looked_is_told_as_such()
    {
        bench.Look = new PeekOutcome(PeekStatus.Retired);
        bench.OnAsked = () => bench.Publish(site => site with { Policy = site.Policy with { Disabled = true } });
        Assert.Equal(VerdictKind.SiteDisabled, bench.Verify(bench.Secret, bench.Token(), isPeek: true).Kind);
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public void A_look_is_judged_like_a_redemption_before_the_ledger_is_asked()
    {
        Assert.Equal(VerdictKind.InvalidSecret, bench.Verify("x", bench.Token(), isPeek: true).Kind);
        Assert.Equal(VerdictKind.InvalidToken, bench.Verify(bench.Secret, "x", isPeek: true).Kind);
        Assert.Equal(VerdictKind.IpMismatch, bench.Verify(bench.Secret, bench.Token(), "203.0.113.10", isPeek: true).Kind);
        string token = bench.Token();
        bench.Clock.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal(VerdictKind.Expired, bench.Verify(bench.Secret, token, isPeek: true).Kind);
        Assert.Empty(bench.Looked);
    }

    [Fact]
    public void Where_the_site_enforces_nothing_hostname_and_address_do_not_matter()
    {
        bench.Publish(site => site with { Policy = site.Policy with { EnforceHostname = false, IpBinding = IpBinding.Off } });
        string token = TokenSamples.Mint(
            bench.Codec, bench.Claims() with { Hostname = TokenSamples.HostnameOf("example.org"), ClientAddress = IPAddress.Parse("203.0.113.10") });
        Assert.Equal(VerdictKind.Success, bench.Verify(bench.Secret, token, "garbage").Kind);
    }

    [Fact]
    public void A_token_of_another_site_is_refused_though_its_secret_would_be_right()
    {
        Site other = SiteSamples.New(out string secret);
        bench.Directory.Publish(other);
        Assert.Equal(VerdictKind.OtherSite, bench.Verify(secret, bench.Token()).Kind);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_ledger_that_answers_later_is_waited_for()
    {
        TaskCompletionSource<RedemptionOutcome> later = new();
        SlowRedeemer redeemer = new(later.Task);
        Verifier verifier = new(bench.Directory, bench.Codec, redeemer, bench.Clock, acceptTestKeys: false);
        ValueTask<Verdict> verdict = Ask(verifier, bench.Secret, bench.Token());
        Assert.False(verdict.IsCompleted);
        later.SetResult(new RedemptionOutcome(RedemptionStatus.Redeemed, TokenSamples.Now));
        Assert.Equal(VerdictKind.Success, (await verdict).Kind);

        static ValueTask<Verdict> Ask(Verifier verifier, string secret, string token) => verifier.VerifyAsync(new VerificationRequest
        {
            Secret = System.Text.Encoding.ASCII.GetBytes(secret),
            Token = System.Text.Encoding.ASCII.GetBytes(token),
            RemoteIp = System.Text.Encoding.ASCII.GetBytes(VerifierBench.Visitor),
        });
    }

    private sealed class SlowRedeemer(Task<RedemptionOutcome> answer) : IRedeemer
    {
        public UnixSeconds IssuedFloor => default;

        public bool IsReady => true;

        public ValueTask<RedemptionOutcome> RedeemAsync(in RedemptionRequest request) => new(answer);

        public ValueTask<PeekOutcome> PeekAsync(TokenId token, UnixSeconds expiresAt, SiteGeneration? asker = null) => throw new NotSupportedException("nobody looks here");
    }
}
