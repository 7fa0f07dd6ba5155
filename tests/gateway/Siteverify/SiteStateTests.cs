namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Verification while an administrator changes the site.</summary>
[Trait("Invariant", "I8")]
public sealed class SiteStateTests : IAsyncLifetime
{
    private const int GraceSeconds = 2 * 3600;

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_disabled_site_verifies_nothing_until_it_is_enabled_again()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        await gateway.PatchAsync(site, """{"disabled":true}""");
        Assert.Equal("""{"success":false,"error-codes":["invalid-input-secret"]}""", (await gateway.VerifyAsync(site.Secret, token)).Text);
        await gateway.PatchAsync(site, """{"disabled":false}""");
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);
    }

    [Fact]
    public async Task A_deleted_site_verifies_nothing()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Assert.Equal(204, (await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{site.Key}")).Status);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(site.Secret, token)).Codes);
    }

    [Fact]
    public async Task An_immediate_rotation_ends_the_old_secret_and_begins_the_new()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        string secret = (await gateway.RotateAsync(site)).String("secret");
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        Assert.True((await gateway.VerifyAsync(secret, token)).Success);
    }

    [Fact]
    [Trait("Invariant", "I3")]
    public async Task A_replay_with_the_new_secret_gets_success_again()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Reply first = await gateway.VerifyAsync(site.Secret, token, ("idempotency_key", "k"));
        string secret = (await gateway.RotateAsync(site)).String("secret");
        Assert.Equal(first.Text, (await gateway.VerifyAsync(secret, token, ("idempotency_key", "k"))).Text);
    }

    [Fact]
    public async Task In_grace_both_secrets_verify_until_it_ends()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string secret = (await gateway.RotateAsync(site, """{"invalidate_immediately":false}""")).String("secret");
        gateway.Clock.Advance(GraceSeconds - 1);
        Assert.True((await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site))).Success);
        Assert.True((await gateway.VerifyAsync(secret, await gateway.MintAsync(site))).Success);
        gateway.Clock.Advance(1);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site))).Codes);
        Assert.True((await gateway.VerifyAsync(secret, await gateway.MintAsync(site))).Success);
    }

    [Fact]
    public async Task An_immediate_rotation_in_grace_ends_both_old_secrets()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string second = (await gateway.RotateAsync(site, """{"invalidate_immediately":false}""")).String("secret");
        string third = (await gateway.RotateAsync(site)).String("secret");
        string token = await gateway.MintAsync(site);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(site.Secret, token)).Codes);
        Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync(second, token)).Codes);
        Assert.True((await gateway.VerifyAsync(third, token)).Success);
    }
}
