using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Tests.Gateway.Start;

/// <summary>A setting that is wrong, missing or contradictory stops the start with one line.</summary>
public sealed class SettingsTests
{
    private const string Key32 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string KeyInHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    [Theory]
    [InlineData("Gateway:Listen", "https://127.0.0.1:8443", "proxy")]
    [InlineData("Gateway:Listen", "127.0.0.1:8080", "http://host:port")]
    [InlineData("Gateway:Listen", "http://127.0.0.1", "http://host:port")]
    [InlineData("Gateway:Listen", "http://127.0.0.1:65536", "65535")]
    [InlineData("Gateway:Listen", "http://127.0.0.1:80/path", "no path")]
    [InlineData("Gateway:Listen", "http://captcha.example.com:8080", "IP address")]
    [InlineData("Gateway:Listen", "http://localhost:0", "127.0.0.1")]
    [InlineData("Gateway:Listen", "", "http://host:port")]
    [InlineData("Gateway:Listen", "http://192.0.2.1:8080", "cannot be bound")]
    [InlineData("Gateway:AdminListen", "ftp://127.0.0.1:8081", "http://host:port")]
    [InlineData("Gateway:PublicUrl", "captcha.example.com", "https://")]
    [InlineData("Gateway:PublicUrl", "https://captcha.example.com/path", "no path")]
    [InlineData("Gateway:PublicUrl", "https://captcha.example.com?x=1", "no path")]
    [InlineData("Gateway:PublicUrl", "https://captcha.example.com#x", "no path")]
    [InlineData("Gateway:PublicUrl", "https://me@captcha.example.com", "no path")]
    [InlineData("Gateway:PublicUrl", "https://", "https://")]
    [InlineData("Gateway:PublicUrl", "https://*:8080", "https://")]
    [InlineData("Gateway:PublicUrl", "//captcha.example.com", "https://")]
    [InlineData("Gateway:PublicUrl", "ftp://captcha.example.com", "https://")]
    [InlineData("Gateway:PublicUrl", "", "https://")]
    [InlineData("Gateway:DataDirectory", "", "directory")]
    [InlineData("Gateway:DataDirectory", "/proc/nothing", "cannot be used")]
    [InlineData("Gateway:DataDirectory", "/dev/null", "cannot be used")]
    [InlineData("Gateway:AllowGetVerification", "yes", "true or false")]
    [InlineData("Gateway:TestKeys", "2", "true or false")]
    [InlineData("Gateway:InvalidSecretsPerSecond", "-1", "a whole number of requests a second from 0 to 10000")]
    [InlineData("Gateway:TrustedProxies", "10.0.0.0", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "10.0.0.0/33", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "10.0/8", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "010.0.0.0/8", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "proxy.example.com", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "::ffff:10.0.0.0/104", "CIDR")]
    [InlineData("Gateway:TrustedProxies", "fd00::/129", "CIDR")]
    [InlineData("Gateway:TrustedProxies:0", "10.0.0.1/8", "CIDR")]
    [InlineData("Gateway:TrustedProxies:0", "", "CIDR")]
    [InlineData("Store:Kind", "azure", "not available in this build")]
    [InlineData("Store:Kind", "sqlite", "'file'")]
    [InlineData("Tokens:DefaultTtlSeconds", "0", "from 1")]
    [InlineData("Tokens:DefaultTtlSeconds", "7201", "Tokens:MaxTtlSeconds")]
    [InlineData("Tokens:MaxTtlSeconds", "2 hours", "seconds")]
    [InlineData("Tokens:MaxTtlSeconds", "-5", "seconds")]
    [InlineData("Tokens:MaxTtlSeconds", "604801", "from 1 to 604800")]
    [InlineData("Tokens:SigningKey", "k1", "Tokens:Keys")]
    [InlineData("Redemption:MaxClockSkewSeconds", "0", "from 1 to 3600")]
    [InlineData("Redemption:MaxClockSkewSeconds", "9999999999", "from 1 to 3600")]
    [InlineData("Logging:Console:FormatterName", "simple", "logfmt, json")]
    [InlineData("Logging:LogLevel:Default", "Infomation", "Information")]
    [InlineData("Logging:Console:LogLevel:Microsoft", "warn", "Warning")]
    [InlineData("Logging:Console:MaxQueueLength", "many", "lines from 1")]
    [InlineData("Logging:Console:LogToStandardErrorThreshold", "Never", "Warning")]
    [InlineData("Logging:Console:QueueFullMode", "Throw", "Wait, DropWrite")]
    public async Task A_wrong_value_is_named_with_its_key_and_what_is_allowed(string key, string value, string allowed)
    {
        string line = await RefusalAsync($"--{key}={value}");
        Assert.Contains(key.Replace(":0", ""), line.Replace("data directory", "Gateway:DataDirectory"));
        Assert.Contains($"'{value}'", line);
        Assert.Contains(allowed, line);
    }

    [Theory]
    [InlineData("Gateway:AdminKey", "short", "at least 16")]
    [InlineData("Gateway:AdminKey", "a key with spaces in it", "visible ASCII")]
    [InlineData("Store:ConnectionString", "Host=db;Password=pw", "must be left out")]
    [InlineData("Tokens:Keys:k1", "c2VjcmV0", "base64 of 32 bytes")]
    [InlineData("Tokens:Keys:k1", "not base64 at all", "base64 of 32 bytes")]
    [InlineData("Tokens:Keys", "secretkey", "Tokens:Keys:<name>")]
    public async Task A_secret_value_is_not_repeated(string key, string value, string allowed)
    {
        string line = await RefusalAsync($"--{key}={value}", "--Tokens:SigningKey=k1");
        Assert.Contains(key, line);
        Assert.Contains(allowed, line);
        Assert.DoesNotContain(value, line);
    }

    [Theory]
    [Trait("Invariant", "I11")]
    [InlineData($"--Tokens:Keys:{KeyInHex}=k1", "--Tokens:SigningKey=k1")]
    [InlineData($"--Tokens:Keys:{KeyInHex}=k1")]
    [InlineData($"--Tokens:Keys:{KeyInHex}:k1=k1", "--Tokens:SigningKey=k1")]
    [InlineData($"--Tokens:Keys:k1={Key32}", $"--Tokens:SigningKey={KeyInHex}")]
    [InlineData($"--Tokens:SigningKey={KeyInHex}")]
    public async Task A_key_where_its_name_belongs_is_not_repeated(params string[] args)
    {
        string line = await RefusalAsync(args);
        Assert.Contains("Tokens:", line);
        Assert.DoesNotContain(KeyInHex, line);
    }

    [Fact]
    public async Task A_wrong_key_name_is_told_by_its_length()
    {
        string line = await RefusalAsync($"--Tokens:Keys:K_1={Key32}", "--Tokens:SigningKey=K_1");
        Assert.Equal("A name in Tokens:Keys has 3 characters; it must be 1 to 8 characters of a-z and 0-9.", line);
    }

    [Theory]
    [InlineData("Gateway:Lisen", "Gateway:Listen")]
    [InlineData("Gateway:AdminKy", "Gateway:AdminKey")]
    [InlineData("Store:Type", "Store:Kind")]
    [InlineData("Tokens:DefaultTtl", "Tokens:DefaultTtlSeconds")]
    [InlineData("Redemption:MaxClockSkew", "Redemption:MaxClockSkewSeconds")]
    public async Task An_unknown_key_names_the_nearest_and_not_its_value(string key, string nearest)
    {
        string line = await RefusalAsync($"--{key}=hidden-value");
        Assert.Contains($"{key} ", line);
        Assert.Contains(nearest, line);
        Assert.DoesNotContain("hidden-value", line);
    }

    [Theory]
    [InlineData("Store:ConnectionString is missing")]
    [InlineData("Tokens:Keys", "--Store:ConnectionString=Host=db")]
    [InlineData("Gateway:AdminKey", "--Store:ConnectionString=Host=db", $"--Tokens:Keys:k1={Key32}", "--Tokens:SigningKey=k1")]
    [InlineData("Store:ConnectionString", "--Store:ConnectionString=Host=db;Nonsense=hunter2hunter2", $"--Tokens:Keys:k1={Key32}", "--Tokens:SigningKey=k1", "--Gateway:AdminKey=0123456789abcdef")]
    public async Task A_gateway_that_shares_a_database_makes_no_keys_of_its_own(string missing, params string[] args)
    {
        string line = await RefusalAsync(["--Store:Kind=postgres", .. args]);
        Assert.StartsWith(missing, line);
        Assert.DoesNotContain("hunter2", line);
    }

    [Fact]
    public async Task What_the_logging_of_dotnet_cannot_use_is_refused_too() =>
        Assert.StartsWith("The section Logging cannot be used: ", await RefusalAsync("--Logging:Console:IncludeScopes=sometimes"));

    [Theory]
    [InlineData("--Gateway:Listen=http://[::1]:0")]
    [InlineData("--Gateway:Listen=HTTP://*:0/")]
    [InlineData("--gateway:listen", "http://+:0")]
    [InlineData("--Gateway:PublicUrl=https://captcha.example.com", "--Gateway:TrustedProxies=10.0.0.0/8, fd00::/8")]
    [InlineData("--Gateway:TrustedProxies:0=10.0.0.0/8", "--Gateway:TrustedProxies:1=192.0.2.1/32")]
    [InlineData("--Tokens:DefaultTtlSeconds=1", "--Tokens:MaxTtlSeconds=1", "--Redemption:MaxClockSkewSeconds=3600")]
    [InlineData("--Gateway:AdminKey=16-characters-ok")]
    [InlineData("--Logging:Console:FormatterName=JSON", "--Logging:LogLevel:Default=none", "--Logging:Console:QueueFullMode=Wait")]
    public async Task What_is_allowed_starts(params string[] args)
    {
        using TestDirectory directory = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory, null, args);
        Assert.Contains("CaptchaCluster is running", gateway.Output);
    }

    [Fact]
    public async Task Keys_need_a_signer_among_them()
    {
        Assert.Contains("Tokens:SigningKey is missing", await RefusalAsync($"--Tokens:Keys:k1={Key32}"));
        Assert.Contains("Tokens:SigningKey is 'k2'; allowed is one of k1", await RefusalAsync($"--Tokens:Keys:k1={Key32}", "--Tokens:SigningKey=k2"));
    }

    [Theory]
    [InlineData("http://*:18080", "http://127.0.0.1:18080")]
    [InlineData("http://127.0.0.1:18080", "http://127.0.0.1:18080")]
    [InlineData("http://127.0.0.1:18080", "http://localhost:18080")]
    [InlineData("http://localhost:18080", "http://[::1]:18080")]
    [InlineData("http://localhost:18080", "http://localhost:18080")]
    [InlineData("http://0.0.0.0:18080", "http://127.0.0.1:18080")]
    [InlineData("http://127.0.0.1:18080", "http://[::]:18080")]
    [InlineData("http://+:18080", "http://*:18080")]
    public async Task The_listeners_cannot_share_an_address(string listen, string adminListen)
    {
        string line = await RefusalAsync($"--Gateway:Listen={listen}", $"--Gateway:AdminListen={adminListen}");
        Assert.Contains($"Gateway:AdminListen is '{adminListen}'; allowed is an address and port other than those of Gateway:Listen ('{listen}')", line);
    }

    [Fact]
    public async Task A_default_that_is_over_the_longest_life_is_told_even_where_only_the_longest_was_set() =>
        Assert.Equal(
            "Tokens:DefaultTtlSeconds is '600'; allowed is at most Tokens:MaxTtlSeconds, which is 60.",
            await RefusalAsync("--Tokens:MaxTtlSeconds=60"));

    [Theory]
    [InlineData("Cluster:Role", "gateway")]
    [InlineData("Cluster:Clustering", "localhost")]
    [InlineData("Cluster:ConnectionString", "Host=db;Password=pw")]
    [InlineData("Cluster:Shards", "64")]
    public async Task Who_believes_to_start_a_cluster_is_told_that_this_is_none(string key, string value) =>
        Assert.Equal($"{key} is set, and this is a single node, which has no cluster; leave it out.", await RefusalAsync($"--{key}={value}"));

    [Fact]
    public async Task A_busy_address_is_named()
    {
        using TestDirectory directory = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        string line = await RefusalAsync($"--Gateway:AdminListen={gateway.PublicAddress}");
        Assert.Contains("Gateway:AdminListen", line);
        Assert.Contains(gateway.PublicAddress.Port.ToString(), line);
    }

    [Theory]
    [InlineData("--restore", "--restored")]
    [InlineData("restored", "--restored")]
    [InlineData("--Gatway:Listen=http://127.0.0.1:1", "--Gateway:Listen")]
    [InlineData("--Gateway:Listen", "--Gateway:Listen=VALUE")]
    [InlineData("--urls=http://127.0.0.1:1", "--Gateway:Listen")]
    public async Task A_mistyped_command_line_is_refused(string argument, string allowed) =>
        Assert.Contains(allowed, await RefusalAsync(argument));

    private static async Task<string> RefusalAsync(params string[] args)
    {
        using TestDirectory directory = new();
        StringWriter output = new();
        string[] defaults =
            [$"--Gateway:DataDirectory={directory.Path}", "--Gateway:Listen=http://127.0.0.1:0", "--Gateway:AdminListen=http://127.0.0.1:0"];
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => GatewayHost.StartAsync([.. defaults, .. args], new ManualClock(), output));
        Assert.Equal("", output.ToString());
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal.Message;
    }
}
