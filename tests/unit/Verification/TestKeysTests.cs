using System.Text;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

public sealed class TestKeysTests
{
    private const string Passes = "1x0000000000000000000000000000000AA";
    private const string Fails = "2x0000000000000000000000000000000AA";
    private const string Spent = "3x0000000000000000000000000000000AA";
    private const string Recaptcha = "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe";
    private const string Dummy = "XXXX.DUMMY.TOKEN.XXXX";

    [Theory]
    [InlineData(Passes, Dummy, VerdictKind.Success, true)]
    [InlineData(Recaptcha, Dummy, VerdictKind.Success, true)]
    [InlineData(Fails, Dummy, VerdictKind.InvalidToken, false)]
    [InlineData(Spent, Dummy, VerdictKind.Duplicate, true)]
    [InlineData(Passes, "", VerdictKind.MissingToken, false)]
    [InlineData(Spent, "", VerdictKind.MissingToken, false)]
    [InlineData(Passes, "real", VerdictKind.InvalidSecret, false)]
    [InlineData(Fails, "real", VerdictKind.InvalidSecret, false)]
    [InlineData(Spent, "real", VerdictKind.InvalidSecret, false)]
    [InlineData(Recaptcha, "real", VerdictKind.InvalidSecret, false)]
    [InlineData(Passes, "XXXX.DUMMY.TOKEN.XXXX ", VerdictKind.InvalidSecret, false)]
    [InlineData(Passes, "xxxx.dummy.token.xxxx", VerdictKind.InvalidSecret, false)]
    public void A_test_secret_accepts_the_dummy_token_only_and_says_what_it_stands_for(string secret, string token, VerdictKind kind, bool showsToken)
    {
        VerifierBench bench = new();
        Verdict verdict = bench.Verify(secret, token == "real" ? bench.Token() : token);
        Assert.Equal(kind, verdict.Kind);
        Assert.Equal(showsToken, verdict.Token is not null);
        if (verdict.Token is { } shown)
        {
            Assert.Equal("example.com", Encoding.ASCII.GetString(shown.Hostname));
            Assert.Equal(TokenSamples.Now, shown.IssuedAt);
        }

        Assert.Empty(bench.Asked);
    }

    [Theory]
    [InlineData("4x0000000000000000000000000000000AA")]
    [InlineData("1x0000000000000000000000000000000aa")]
    [InlineData("1x0000000000000000000000000000000AA ")]
    [InlineData("1x00000000000000000000AA")]
    public void What_is_not_quite_a_test_secret_is_no_secret_at_all(string secret)
    {
        Assert.False(TestKeys.TryJudge(Encoding.ASCII.GetBytes(secret), "XXXX.DUMMY.TOKEN.XXXX"u8, TokenSamples.Now, out _));
        Assert.Equal(VerdictKind.InvalidSecret, new VerifierBench().Verify(secret, Dummy).Kind);
    }

    [Fact]
    public void No_real_secret_accepts_the_dummy_token()
    {
        VerifierBench bench = new();
        Assert.Equal(VerdictKind.InvalidToken, bench.Verify(bench.Secret, Dummy).Kind);
        Assert.Empty(bench.Asked);
    }

    [Theory]
    [InlineData(Passes)]
    [InlineData(Fails)]
    [InlineData(Spent)]
    [InlineData(Recaptcha)]
    public void Where_test_keys_are_off_a_test_secret_is_no_secret(string secret) =>
        Assert.Equal(new Verdict(VerdictKind.InvalidSecret), new VerifierBench(acceptTestKeys: false).Verify(secret, Dummy));
}
