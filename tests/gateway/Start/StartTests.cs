using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Tests.Gateway.Start;

/// <summary>First start, later starts, restarts, and directories that cannot be used.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task The_printed_curl_verifies_as_it_stands()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        Match curl = Regex.Match(gateway.Output, @"^curl -d (secret=\S+) -d (response=\S+) (http://\S+)$", RegexOptions.Multiline);
        Assert.True(curl.Success, gateway.Output);
        using StringContent body = new($"{curl.Groups[1]}&{curl.Groups[2]}", null, "application/x-www-form-urlencoded");
        Reply reply = await Reply.ReadAsync(await gateway.Public.PostAsync(curl.Groups[3].Value, body));
        Assert.True(reply.Success, reply.Text);
        Assert.Equal("localhost", reply.String("hostname"));
    }

    [Fact]
    public async Task The_first_start_prints_where_everything_is()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        Assert.Contains(gateway.PublicAddress.ToString(), gateway.Output);
        Assert.Contains(gateway.AdminAddress.ToString(), gateway.Output);
        Assert.Contains($" {directory.Path}\n", gateway.Output);
        Assert.Contains(Path.Combine(directory.Path, "admin.key"), gateway.Output);
        Assert.DoesNotContain(File.ReadAllText(Path.Combine(directory.Path, "admin.key")).Trim(), gateway.Output);
        Reply sites = await gateway.AdminAsync("GET", "/admin/v1/sites");
        Assert.Equal("demo", sites.Json.GetProperty("sites")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_later_start_prints_addresses_and_directory_and_makes_no_site()
    {
        await (await TestGateway.StartAsync(directory)).DisposeAsync();
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        Assert.Contains(gateway.PublicAddress.ToString(), gateway.Output);
        Assert.Contains(directory.Path, gateway.Output);
        Assert.DoesNotContain("cpt_", gateway.Output);
        Assert.Equal(1, (await gateway.AdminAsync("GET", "/admin/v1/sites")).Json.GetProperty("sites").GetArrayLength());
    }

    [Fact]
    public async Task No_demonstration_where_others_can_reach_a_listener()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory, null, "--Gateway:Listen=http://0.0.0.0:0");
        Assert.DoesNotContain("cpt_", gateway.Output);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Keys_and_directory_are_the_owners_alone()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string[] files = Directory.GetFiles(directory.Path, "*", SearchOption.AllDirectories);
        foreach (string name in new[] { "keys.json", "admin.key" }) Assert.Contains(Path.Combine(directory.Path, name), files);
        foreach (string folder in new[] { "ledger", "sites" }) Assert.Contains(files, file => Path.GetDirectoryName(file)!.EndsWith(folder, StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal((file, owner), (file, File.GetUnixFileMode(file))));
        Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(directory.Path));
    }

    [Fact]
    [Trait("Invariant", "I2")]
    public async Task Sites_keys_and_redemptions_survive_a_restart()
    {
        ManualClock clock = new();
        string spent, fresh;
        TestSite site;
        await using (TestGateway before = await TestGateway.StartAsync(directory, clock))
        {
            site = await before.CreateSiteAsync();
            (spent, fresh) = (await before.MintAsync(site), await before.MintAsync(site));
            Assert.True((await before.VerifyAsync(site.Secret, spent, ("idempotency_key", "k"))).Success);
        }

        await using TestGateway after = await TestGateway.StartAsync(directory, clock);
        Assert.Equal("duplicate", (await after.VerifyAsync(site.Secret, spent)).String("reason"));
        Assert.True((await after.VerifyAsync(site.Secret, spent, ("idempotency_key", "k"))).Success);
        Assert.True((await after.VerifyAsync(site.Secret, fresh)).Success);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task A_restored_start_refuses_the_tokens_of_before_and_mints_usable_ones()
    {
        ManualClock clock = new();
        TestSite site;
        string old;
        await using (TestGateway before = await TestGateway.StartAsync(directory, clock))
        {
            site = await before.CreateSiteAsync();
            old = await before.MintAsync(site);
        }

        await using TestGateway after = await TestGateway.StartAsync(directory, clock, "--restored");
        Assert.Equal("expired", (await after.VerifyAsync(site.Secret, old)).String("reason"));
        Assert.True((await after.VerifyAsync(site.Secret, await after.MintAsync(site))).Success);
    }

    [Fact]
    public async Task A_second_process_on_the_directory_is_refused_in_one_line()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => TestGateway.StartAsync(directory));
        Assert.Contains($"'{directory.Path}' is in use by another process", refusal.Message);
        Assert.True((await gateway.Public.GetAsync("/healthz/ready")).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("keys.json", "{}")]
    [InlineData("keys.json", "not json")]
    [InlineData("keys.json", """{"signing_key":"k1","keys":{"k1":"c2hvcnQ="}}""")]
    [InlineData("keys.json", """{"signing_key":"k1","keys":null}""")]
    [InlineData("keys.json", """{"signing_key":"k1","keys":{"k1":null}}""")]
    [InlineData("keys.json", """{"signing_key":"c2hvcnQ=","keys":{"k1":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}""")]
    [InlineData("keys.json", """{"signing_key":"k1","keys":{"c2hvcnQ=":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}""")]
    [InlineData("keys.json", "null")]
    [InlineData("admin.key", "short")]
    [InlineData("sites/cpt_pub_00000000000000000000000000000000.json", "{")]
    public async Task A_file_that_cannot_be_read_is_named_in_one_line(string name, string content)
    {
        await (await TestGateway.StartAsync(directory)).DisposeAsync();
        string path = Path.Combine(directory.Path, name);
        File.WriteAllText(path, content);
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => TestGateway.StartAsync(directory));
        Assert.Contains(path, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.DoesNotContain("c2hvcnQ", refusal.Message);
    }

    [Fact]
    public async Task A_lost_key_ring_refuses_the_start_where_there_are_sites()
    {
        await (await TestGateway.StartAsync(directory)).DisposeAsync();
        string path = Path.Combine(directory.Path, "keys.json");
        File.Delete(path);
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => TestGateway.StartAsync(directory));
        Assert.StartsWith($"The key ring '{path}' is missing", refusal.Message);
        Assert.Contains("backup", refusal.Message);
        Assert.Contains("Tokens:Keys", refusal.Message);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_lost_key_ring_is_made_anew_where_no_token_under_way_would_be_good()
    {
        ManualClock clock = new();
        await (await TestGateway.StartAsync(directory, clock)).DisposeAsync();
        File.Delete(Path.Combine(directory.Path, "keys.json"));
        await using TestGateway gateway = await TestGateway.StartAsync(directory, clock, "--restored");
        TestSite site = await gateway.CreateSiteAsync();
        Assert.True((await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site))).Success);
    }

    [Fact]
    public async Task A_lost_admin_key_is_made_anew_and_told()
    {
        await (await TestGateway.StartAsync(directory)).DisposeAsync();
        string path = Path.Combine(directory.Path, "admin.key");
        File.Delete(path);
        await using (TestGateway gateway = await TestGateway.StartAsync(directory))
        {
            Assert.Contains($"There was no admin key; a new one was made in {path}.\n", gateway.Output);
            Assert.Equal(200, (await gateway.AdminAsync("GET", "/admin/v1/sites")).Status);
        }

        await using TestGateway later = await TestGateway.StartAsync(directory);
        Assert.DoesNotContain("admin key", later.Output);
    }

    [Fact]
    public async Task A_refused_start_leaves_the_directory_to_the_next()
    {
        await using TestGateway first = await TestGateway.StartAsync(directory);
        using TestDirectory other = new();
        await Assert.ThrowsAsync<StartupException>(() => TestGateway.StartAsync(other, null, $"--Gateway:Listen={first.PublicAddress}"));
        await using TestGateway second = await TestGateway.StartAsync(other);
        Assert.Contains("curl -d secret=", second.Output);
    }

    [Fact]
    public async Task Configured_keys_take_the_place_of_the_generated_ones()
    {
        const string adminKey = "an/admin=key.for+tests";
        string[] keys = [$"--Tokens:Keys:k1={Convert.ToBase64String(new byte[32])}", "--Tokens:SigningKey=k1", $"--Gateway:AdminKey={adminKey}"];
        await using TestGateway gateway = await TestGateway.StartAsync(directory, null, keys);
        Assert.False(File.Exists(Path.Combine(directory.Path, "keys.json")));
        Assert.False(File.Exists(Path.Combine(directory.Path, "admin.key")));
        TestSite site = await gateway.CreateSiteAsync();
        Assert.True((await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site))).Success);
        Assert.DoesNotContain(adminKey, gateway.Output);
    }

    [Fact]
    public async Task A_relative_data_directory_resolves_against_the_content_root()
    {
        string[] args =
        [
            $"--contentRoot={directory.Root}", "--Gateway:DataDirectory=inner/data", "--Gateway:Listen=http://127.0.0.1:0", "--Gateway:AdminListen=http://127.0.0.1:0",
        ];
        StringWriter output = new();
        await using GatewayHost host = await GatewayHost.StartAsync(args, new ManualClock(), output);
        Assert.Contains(Path.Combine(directory.Root, "inner/data") + "\n", output.ToString());
        Assert.True(File.Exists(Path.Combine(directory.Root, "inner/data/keys.json")));
    }

    [Fact]
    public async Task A_damaged_appsettings_file_is_named()
    {
        File.WriteAllText(Path.Combine(directory.Root, "appsettings.json"), "{ \"Gateway\": ");
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => GatewayHost.StartAsync([$"--contentRoot={directory.Root}"], new ManualClock(), TextWriter.Null));
        Assert.Contains("appsettings.json", refusal.Message);
        Assert.Contains(directory.Root, refusal.Message);
    }
}
