using System.Net;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

public sealed class VerifierOrderTests
{
    /// <summary>What can be wrong with a request, in the order of judgement.</summary>
    [Flags]
    private enum Faults
    {
        None = 0,
        NoSecret = 1,
        WrongSecret = 2,
        Disabled = 4,
        NoToken = 8,
        ForgedToken = 16,
        TokenOfAnotherSite = 32,
        AnotherSiteNamed = 64,
        OtherHostname = 128,
        OtherAddress = 256,
        OtherAction = 512,
        OtherUser = 1024,
        Expired = 2048,
        Spent = 4096,
    }

    private static readonly (Faults Fault, VerdictKind Kind)[] Order =
    [
        (Faults.NoSecret, VerdictKind.MissingSecret), (Faults.WrongSecret, VerdictKind.InvalidSecret), (Faults.Disabled, VerdictKind.SiteDisabled),
        (Faults.NoToken, VerdictKind.MissingToken), (Faults.ForgedToken, VerdictKind.InvalidToken),
        (Faults.TokenOfAnotherSite, VerdictKind.OtherSite), (Faults.AnotherSiteNamed, VerdictKind.SiteKeyMismatch),
        (Faults.OtherHostname, VerdictKind.HostnameMismatch), (Faults.OtherAddress, VerdictKind.IpMismatch),
        (Faults.OtherAction, VerdictKind.ActionMismatch), (Faults.OtherUser, VerdictKind.UidMismatch),
        (Faults.Expired, VerdictKind.Expired), (Faults.Spent, VerdictKind.Duplicate),
    ];

    /// <summary>Every set of faults, and so every pair: the first in the order is the one that is told.</summary>
    [Fact]
    [Trait("Invariant", "I6")]
    public void Of_several_faults_the_first_in_the_order_is_told_and_none_but_the_last_reaches_the_ledger()
    {
        for (Faults faults = 0; faults < (Faults)8192; faults++)
        {
            if (faults.HasFlag(Faults.NoSecret | Faults.WrongSecret) || faults.HasFlag(Faults.NoToken | Faults.ForgedToken)) continue;
            VerifierBench bench = new();
            Verdict verdict = Verify(bench, faults);
            VerdictKind expected = Order.FirstOrDefault(entry => faults.HasFlag(entry.Fault), (Fault: Faults.None, Kind: VerdictKind.Success)).Kind;
            if (faults.HasFlag(Faults.NoSecret | Faults.NoToken)) expected = VerdictKind.MissingSecretAndToken;
            Assert.True(expected == verdict.Kind, $"{faults}: expected {expected}, was {verdict.Kind}");
            Assert.True(bench.Asked.Count == (faults is Faults.None or Faults.Spent ? 1 : 0), $"{faults} asked the ledger {bench.Asked.Count} times");

            // An error in the secret hides everything about the token.
            bool hides = expected is VerdictKind.MissingSecret or VerdictKind.MissingSecretAndToken or VerdictKind.MissingToken
                or VerdictKind.InvalidSecret or VerdictKind.SiteDisabled or VerdictKind.InvalidToken;
            Assert.True(hides == verdict.Token is null, $"{faults}");
        }
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void A_wrong_secret_is_wrong_in_whatever_way()
    {
        VerifierBench bench = new();
        string unknownSite = SiteSecret.New(SiteKey.New());
        string otherSecretOfTheSite = SiteSecret.New(bench.Site.Key);
        string[] wrong =
        [
            "x", " ", bench.Secret + " ", bench.Secret[..^1], bench.Secret.ToUpperInvariant(), unknownSite, otherSecretOfTheSite, bench.Site.Key.ToString(),
            new string('x', 100_000), "cpt_sec_", bench.Secret + bench.Secret, "XXXX.DUMMY.TOKEN.XXXX",
        ];
        foreach (string secret in wrong) Assert.Equal(new Verdict(VerdictKind.InvalidSecret), bench.Verify(secret, bench.Token()));
        Assert.Empty(bench.Asked);
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public void What_its_bytes_refuse_never_reaches_the_ledger()
    {
        VerifierBench bench = new();
        string token = bench.Token();
        string forged = token[..^30] + (token[^30] == 'A' ? 'B' : 'A') + token[^29..];
        string[] refused =
            ["x", forged, token + "=", token[..^1], " " + token, "XXXX.DUMMY.TOKEN.XXXX", new string('A', 2049), new string('A', 100_000), token + token, "{}", "\0"];
        foreach (string key in new[] { "", "order-66" })
        {
            foreach (string text in refused) Assert.Equal(new Verdict(VerdictKind.InvalidToken), bench.Verify(bench.Secret, text, idempotencyKey: key));
        }

        Assert.Empty(bench.Asked);
    }

    [Theory]
    [InlineData(-1, "", true)]
    [InlineData(0, "", false)]
    [InlineData(1, "", false)]
    [InlineData(-1, "order-66", true)]
    [InlineData(0, "order-66", true)]
    [InlineData(299, "order-66", true)]
    [InlineData(300, "order-66", false)]
    [InlineData(301, "order-66", false)]
    [Trait("Invariant", "I12")]
    public void Past_its_expiry_only_an_idempotent_attempt_is_asked_about_and_only_for_the_skew(long afterExpiry, string key, bool asked)
    {
        VerifierBench bench = new();
        string token = bench.Token();
        bench.Clock.Advance(TimeSpan.FromSeconds(600 + afterExpiry));
        bench.Answer = new RedemptionOutcome(RedemptionStatus.Replayed, TokenSamples.Now);
        Verdict verdict = bench.Verify(bench.Secret, token, idempotencyKey: key);
        Assert.Equal(asked ? VerdictKind.Success : VerdictKind.Expired, verdict.Kind);
        Assert.Equal(asked ? 1 : 0, bench.Asked.Count);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [Trait("Invariant", "I1")]
    public void Tokens_issued_before_a_restore_are_expired_with_and_without_a_key(long floorAfterIssue, bool asked)
    {
        foreach (string key in new[] { "", "order-66" })
        {
            VerifierBench bench = new() { IssuedFloor = TokenSamples.Now + floorAfterIssue };
            Assert.Equal(asked ? VerdictKind.Success : VerdictKind.Expired, bench.Verify(bench.Secret, bench.Token(), idempotencyKey: key).Kind);
            Assert.Equal(asked ? 1 : 0, bench.Asked.Count);
        }
    }

    /// <summary>By the time of the outcome the redeemer knows the floor that the ledger had then.</summary>
    [Theory]
    [InlineData(-1, VerdictKind.Success)]
    [InlineData(0, VerdictKind.Expired)]
    [Trait("Invariant", "I1")]
    public void A_token_issued_before_a_restore_that_came_while_the_ledger_was_asked_is_expired(long floorAfterIssue, VerdictKind expected)
    {
        foreach (RedemptionStatus status in new[] { RedemptionStatus.Redeemed, RedemptionStatus.Replayed })
        {
            VerifierBench bench = Bench();
            bench.Answer = new RedemptionOutcome(status, TokenSamples.Now);
            Assert.Equal(expected, bench.Verify(bench.Secret, bench.Token(), idempotencyKey: "order-66").Kind);
            Assert.Single(bench.Asked);
        }

        VerifierBench looking = Bench();
        Assert.Equal(expected, looking.Verify(looking.Secret, looking.Token(), isPeek: true).Kind);
        Assert.Single(looking.Looked);

        VerifierBench Bench()
        {
            VerifierBench bench = new();
            bench.OnAsked = () => bench.IssuedFloor = TokenSamples.Now + floorAfterIssue;
            return bench;
        }
    }

    private static Verdict Verify(VerifierBench bench, Faults faults)
    {
        string secret = faults.HasFlag(Faults.NoSecret) ? "" : faults.HasFlag(Faults.WrongSecret) ? SiteSecret.New(bench.Site.Key) : bench.Secret;
        if (faults.HasFlag(Faults.Disabled)) bench.Publish(site => site with { Policy = site.Policy with { Disabled = true } });
        TokenClaims claims = bench.Claims() with { Action = "login", Uid = "17" };
        if (faults.HasFlag(Faults.TokenOfAnotherSite)) claims = claims with { Site = SiteKey.New() };
        if (faults.HasFlag(Faults.OtherHostname)) claims = claims with { Hostname = TokenSamples.HostnameOf("example.org") };
        if (faults.HasFlag(Faults.OtherAddress)) claims = claims with { ClientAddress = IPAddress.Parse("203.0.113.10") };
        string token = TokenSamples.Mint(bench.Codec, claims);
        if (faults.HasFlag(Faults.ForgedToken)) token = token[..^30] + (token[^30] == 'A' ? 'B' : 'A') + token[^29..];
        if (faults.HasFlag(Faults.NoToken)) token = "";
        if (faults.HasFlag(Faults.Expired)) bench.Clock.Advance(TimeSpan.FromSeconds(600));
        if (faults.HasFlag(Faults.Spent)) bench.Answer = new RedemptionOutcome(RedemptionStatus.Duplicate, TokenSamples.Now);
        return bench.Verify(
            secret,
            token,
            siteKey: faults.HasFlag(Faults.AnotherSiteNamed) ? SiteKey.New().ToString() : "",
            action: faults.HasFlag(Faults.OtherAction) ? "logout" : "login",
            uid: faults.HasFlag(Faults.OtherUser) ? "18" : "17");
    }
}
