namespace CaptchaCluster.Tests.Gateway.Siteverify;

/// <summary>Many wrong secrets from one address, on both listeners of one gateway.</summary>
public sealed class InvalidSecretTests : IAsyncLifetime
{
    private const int Many = 40;

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(
        directory, null, "--Gateway:InvalidSecretsPerSecond=1", "--Gateway:TrustedProxies=127.0.0.0/8");

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task They_are_slowed_and_right_ones_are_not()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string token = await gateway.MintAsync(site);
        Task<Reply[]> flood = Task.WhenAll(Enumerable.Range(0, Many).Select(_ => gateway.VerifyAsync("cpt_sec_wrong", token)));
        Assert.True((await gateway.VerifyAsync(site.Secret, token)).Success);

        Reply[] replies = await flood;
        Reply[] answered = [.. replies.Where(reply => reply.Status == 200)];
        Assert.All(answered, reply => Assert.Equal("""{"success":false,"error-codes":["invalid-input-secret"]}""", reply.Text));
        Assert.True(answered.Length >= 7, $"{answered.Length} were answered.");
        Reply[] refused = [.. replies.Except(answered)];
        Assert.NotEmpty(refused);
        Assert.All(refused, reply =>
        {
            Assert.Equal((503, """{"success":false,"error-codes":["internal-error"]}"""), (reply.Status, reply.Text));
            Assert.Equal("1", reply.Headers.RetryAfter!.ToString());
        });

        // Behind the same proxy, and nobody has to wait behind somebody else.
        gateway.Public.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        for (int i = 0; i < 5; i++) Assert.Equal("invalid-input-secret", (await gateway.VerifyAsync("cpt_sec_wrong", token)).Codes);
    }

    [Fact]
    public async Task So_are_wrong_admin_keys()
    {
        using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
        stranger.DefaultRequestHeaders.Add("Authorization", "Bearer wrong");
        Reply[] replies = await Task.WhenAll(
            Enumerable.Range(0, Many).Select(async _ => await Reply.ReadAsync(await stranger.GetAsync("/admin/v1/sites"))));
        Assert.Equal(["too-many-invalid-keys", "unauthorized"], replies.Select(reply => reply.Error).Distinct().Order());
        Assert.Equal([401, 503], replies.Select(reply => reply.Status).Distinct().Order());
        Assert.Equal(200, (await gateway.AdminAsync("GET", "/admin/v1/sites")).Status);
    }
}
