namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>The published secrets for integrators' own CI.</summary>
public sealed class TestKeyTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private const string Dummy = "XXXX.DUMMY.TOKEN.XXXX";
    private const string Passes = "1x0000000000000000000000000000000AA";

    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData(Passes)]
    [InlineData("6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe")]
    public async Task The_passing_secrets_pass_as_often_as_asked(string secret)
    {
        for (int i = 0; i < 2; i++)
        {
            Reply reply = await gateway.VerifyAsync(secret, Dummy);
            Assert.Equal("""{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"example.com","error-codes":[]}""", reply.Text);
        }
    }

    [Theory]
    [InlineData("2x0000000000000000000000000000000AA", "invalid-input-response")]
    [InlineData("3x0000000000000000000000000000000AA", "timeout-or-duplicate")]
    public async Task The_failing_secrets_fail_each_in_its_way(string secret, string codes) =>
        Assert.Equal(codes, (await gateway.VerifyAsync(secret, Dummy)).Codes);

    [Fact]
    public async Task A_test_secret_refuses_a_real_token_and_a_real_secret_the_test_token()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(Passes, token)).Codes);
        Assert.Equal("invalid-input-response", (await gateway.VerifyAsync(site.Secret, Dummy)).Codes);
        Assert.Equal("missing-input-response", (await gateway.VerifyAsync(Passes, null)).Codes);
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    public async Task They_can_be_switched_off()
    {
        using TestDirectory directory = new();
        await using TestGateway strict = await TestGateway.StartAsync(directory, null, "--Gateway:TestKeys=false");
        Assert.Equal("invalid-input-secret", (await strict.VerifyAsync(Passes, Dummy)).Codes);
    }
}
