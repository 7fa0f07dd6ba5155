namespace CaptchaCluster.Tests.Gateway.Admin;

[Trait("Invariant", "I8")]
public sealed class RotationTests : IAsyncLifetime
{
    private const string Id = "0123456789abcdefABCDEF";

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;

    public async Task InitializeAsync() => gateway = await TestGateway.StartAsync(directory);

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task An_immediate_rotation_replies_secret_and_generation()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await gateway.RotateAsync(site);
        Assert.Equal(200, reply.Status);
        Assert.NotEqual(site.Secret, reply.String("secret"));
        Assert.Equal($$"""{"secret":"{{reply.String("secret")}}","generation":2}""", reply.Text);
    }

    [Fact]
    public async Task A_graceful_rotation_tells_when_the_old_secret_ends()
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await gateway.RotateAsync(site, """{"invalidate_immediately":false}""");
        Assert.Equal($$"""{"secret":"{{reply.String("secret")}}","generation":2,"old_secret_expires_at":"2026-11-21T00:15:00Z"}""", reply.Text);
    }

    [Fact]
    public async Task A_second_graceful_rotation_within_the_grace_is_409()
    {
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.RotateAsync(site, """{"invalidate_immediately":false}""");
        Reply reply = await gateway.RotateAsync(site, """{"invalidate_immediately":false}""");
        Assert.Equal((409, "rotation-in-grace"), (reply.Status, reply.Error));
        gateway.Clock.Advance(2 * 3600);
        Assert.Equal(200, (await gateway.RotateAsync(site, """{"invalidate_immediately":false}""")).Status);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task The_same_rotation_id_gets_the_same_reply_again_also_after_a_restart(string immediately)
    {
        TestSite site = await gateway.CreateSiteAsync();
        string json = $$"""{"invalidate_immediately":{{immediately}},"rotation_id":"{{Id}}"}""";
        Reply first = await gateway.RotateAsync(site, json);
        Assert.Equal(first.Text, (await gateway.RotateAsync(site, json)).Text);
        await gateway.DisposeAsync();
        gateway = await TestGateway.StartAsync(directory, gateway.Clock);
        Assert.Equal(first.Text, (await gateway.RotateAsync(site, json)).Text);
    }

    [Fact]
    public async Task A_rotation_id_names_one_kind_of_rotation()
    {
        TestSite site = await gateway.CreateSiteAsync();
        await gateway.RotateAsync(site, $$"""{"rotation_id":"{{Id}}"}""");
        Reply reply = await gateway.RotateAsync(site, $$"""{"rotation_id":"{{Id}}","invalidate_immediately":false}""");
        Assert.Equal((409, "rotation-id-reused"), (reply.Status, reply.Error));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_rotation_id_alone_gets_the_reply_of_whatever_kind_it_named(string immediately)
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply first = await gateway.RotateAsync(site, $$"""{"invalidate_immediately":{{immediately}},"rotation_id":"{{Id}}"}""");
        Assert.Equal(first.Text, (await gateway.RotateAsync(site, $$"""{"rotation_id":"{{Id}}"}""")).Text);
    }

    [Theory]
    [InlineData("""{"rotation_id":"too-short-to-be-random"}""", true)]
    [InlineData("""{"rotation_id":"21-characters-are-few"}""", false)]
    [InlineData("""{"rotation_id":7}""", false)]
    [InlineData("""{"invalidate_immediately":"no"}""", false)]
    [InlineData("""{"grace":true}""", false)]
    public async Task What_a_rotation_may_be_told_is_bounded(string json, bool isAllowed)
    {
        TestSite site = await gateway.CreateSiteAsync();
        Reply reply = await gateway.RotateAsync(site, json);
        Assert.Equal(isAllowed ? 200 : 400, reply.Status);
        if (!isAllowed) Assert.Equal("bad-request", reply.Error);
    }

    [Fact]
    public async Task A_site_that_cannot_be_saved_is_an_unknown_outcome()
    {
        TestSite site = await gateway.CreateSiteAsync();
        string sites = Path.Combine(directory.Path, "sites");
        Directory.Delete(sites, recursive: true);
        Reply reply = await gateway.RotateAsync(site);
        Assert.Equal((503, "internal-error"), (reply.Status, reply.Error));
        Assert.Equal("1", reply.Headers.RetryAfter!.ToString());
        Assert.Contains("rotation_id", reply.Message);
    }
}
