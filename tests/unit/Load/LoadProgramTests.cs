using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Tests.Unit.Load;

/// <summary>The whole program against a server's double, with tokens from a file.</summary>
public sealed class LoadProgramTests : IDisposable
{
    private const string Duplicate = """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate"}""";
    private const string InvalidToken = """{"success":false,"error-codes":["invalid-input-response"]}""";
    private const string InvalidSecret = """{"success":false,"error-codes":["invalid-input-secret"]}""";

    private const string AllKinds = "fresh=75,duplicate=10,forged=5,wrong-secret=5,retry=5";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-load-");
    private readonly StringWriter output = new();
    private readonly StringWriter errors = new();
    private readonly long expiry = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3600;

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task It_ends_with_0_where_every_verdict_is_right()
    {
        await using ServerDouble server = new(new HonestServer(Tokens).Answer);
        Assert.Equal(0, await RunAsync(server, 1000, "--mix", AllKinds));
        Assert.Contains("Every verdict was the right one.", output.ToString());
    }

    [Theory]
    [InlineData("accepts a token twice", "duplicate: expected Duplicate")]
    [InlineData("accepts a wrong secret", "wrong-secret: expected InvalidSecret")]
    [InlineData("accepts a forgery", "forged: expected InvalidToken")]
    [InlineData("takes a retry for a duplicate", "retry: expected Success")]
    [InlineData("spends a token on a wrong secret", "fresh: expected Success")]
    [InlineData("refuses with 400", "expected ")]
    [InlineData("takes the first token for spent", "fresh: expected Success")]
    public async Task It_ends_with_1_and_tells_where_a_server(string lies, string told)
    {
        await using ServerDouble server = new(new HonestServer(Tokens) { Lie = lies }.Answer);
        Assert.Equal(1, await RunAsync(server, 1000, "--mix", AllKinds));
        Assert.Contains("VERDICTS WERE WRONG", output.ToString());
        Assert.Contains(told, output.ToString());
    }

    [Fact]
    public async Task It_ends_with_2_where_nothing_is_answered()
    {
        await using ServerDouble server = new(_ => null);
        Assert.Equal(2, await RunAsync(server, count: 8, "--mix", "fresh=1"));
        Assert.Contains("Nothing was answered.", output.ToString());
    }

    [Theory]
    [InlineData("--rate 5..7", "'5..7' is none of")]
    [InlineData("--mix fresh", "'fresh' is not a kind and its share")]
    [InlineData("--mix expired=1", "expired tokens can only be minted")]
    [InlineData("--duration 5y", "'5y' is no duration")]
    [InlineData("--connections 0", "--connections 0: it must be more than 0")]
    [InlineData("--threads 65", "--threads 65: each needs a connection")]
    [InlineData("--html /no/such/directory/report.html", "--html /no/such/directory/report.html")]
    [InlineData("--admin http://127.0.0.1:1", "Say where the tokens come from")]
    [InlineData("--colour red", "--colour")]
    public async Task A_command_line_that_makes_no_sense_is_told_and_ends_with_2(string arguments, string told)
    {
        await using ServerDouble server = new(new HonestServer(Tokens).Answer);
        Assert.Equal(2, await RunAsync(server, 1000, arguments.Split(' ')));
        Assert.Contains(told, errors.ToString());
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_file_that_holds_no_tokens_is_told_with_its_line()
    {
        await using ServerDouble server = new(new HonestServer(Tokens).Answer);
        string path = Path.Combine(directory.FullName, "tokens");
        await File.WriteAllLinesAsync(path, [Token(0), "", "hello"]);
        Assert.Equal(2, await LoadProgram.RunAsync(["--url", server.Url.ToString(), "--tokens", path, "--secret", "s"], TimeProvider.System, output, errors));
        Assert.Contains($"--tokens {path}: line 3 is not a token.", errors.ToString());
    }

    [Fact]
    public async Task The_reports_tell_what_the_output_tells()
    {
        await using ServerDouble server = new(new HonestServer(Tokens) { Lie = "accepts a token twice" }.Answer);
        string json = Path.Combine(directory.FullName, "report.json");
        string html = Path.Combine(directory.FullName, "report.html");
        Assert.Equal(1, await RunAsync(server, 1000, "--json", json, "--html", html));

        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        JsonElement all = document.RootElement.GetProperty("all");
        Assert.Equal(1, document.RootElement.GetProperty("exit_code").GetInt32());
        Assert.Equal(1000, all.GetProperty("answered").GetInt64());
        Assert.Equal(all.GetProperty("answered").GetInt64(), all.GetProperty("right").GetInt64() + all.GetProperty("wrong").GetInt64());
        Assert.Equal("duplicate", document.RootElement.GetProperty("wrong_answers")[0].GetProperty("kind").GetString());

        string page = await File.ReadAllTextAsync(html);
        Assert.Contains("VERDICTS WERE WRONG", page);
        Assert.Contains("duplicate: expected Duplicate", page);
        Assert.DoesNotContain("{{", page);
        Assert.DoesNotContain("src=", page);
        Assert.DoesNotContain("<link", page);
    }

    private async Task<int> RunAsync(ServerDouble server, int count = 1000, params string[] more)
    {
        string path = Path.Combine(directory.FullName, "tokens");
        await File.WriteAllLinesAsync(path, Tokens);
        string[] arguments =
        [
            "--url", server.Url.ToString(), "--tokens", path, "--secret", HonestServer.Secret,
            "--count", $"{count}", .. more,
        ];
        return await LoadProgram.RunAsync(arguments, TimeProvider.System, output, errors);
    }

    private IEnumerable<string> Tokens => Enumerable.Range(0, 2000).Select(Token);

    // Far apart: no token becomes another by the change of a character.
    private string Token(int number)
    {
        string mac = Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes($"{number}")));
        return Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{{\"v\":1,\"j\":\"{number}\",\"e\":{expiry},\"m\":\"{mac}\"}}"));
    }

    /// <summary>Does what the API promises, except for one lie.</summary>
    private sealed class HonestServer(IEnumerable<string> issued)
    {
        public const string Secret = "the-secret";

        private readonly HashSet<string> issued = [.. issued];
        private readonly Dictionary<string, string> redeemed = [];

        public string Lie { get; init; } = "";

        public Reply Answer(string form)
        {
            Dictionary<string, string> fields = form.Split('&').Select(field => field.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            string token = fields["response"];
            string attempt = fields.GetValueOrDefault("idempotency_key") ?? Guid.NewGuid().ToString();
            if (fields["secret"] != Secret)
            {
                if (Lie == "spends a token on a wrong secret") redeemed.TryAdd(token, attempt);
                if (Lie == "refuses with 400") return new Reply(400, InvalidSecret);
                return Reply.Of(Lie == "accepts a wrong secret" ? Reply.Success : InvalidSecret);
            }

            if (!issued.Contains(token)) return Reply.Of(Lie == "accepts a forgery" ? Reply.Success : InvalidToken);
            if (Lie == "takes the first token for spent" && redeemed.Count == 0) redeemed.Add(token, "somebody's");
            bool isFirst = redeemed.TryAdd(token, attempt);
            bool isSame = redeemed[token] == attempt && Lie != "takes a retry for a duplicate";
            return Reply.Of(isFirst || isSame || Lie == "accepts a token twice" ? Reply.Success : Duplicate);
        }
    }
}
