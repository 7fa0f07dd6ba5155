using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Gateway.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>The description of both surfaces says what is served, and nothing else.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    /// <summary>The paths of the HTTP surface that are fixed, as far as they are served yet.</summary>
    private static readonly string[] Fixed =
    [
        "POST /siteverify",
        "POST /v1/siteverify",
        "POST /turnstile/v0/siteverify",
        "POST /recaptcha/api/siteverify",
        "POST /hcaptcha/siteverify",
        "POST /v1/validate",
        "POST /{sitekey}/siteverify",
        "POST /api/v2/captcha/siteverify",
        "GET /healthz/live",
        "GET /healthz/ready",
        "GET /openapi/v1.json",
        "POST /admin/v1/sites",
        "GET /admin/v1/sites",
        "GET /admin/v1/sites/{sitekey}",
        "PATCH /admin/v1/sites/{sitekey}",
        "DELETE /admin/v1/sites/{sitekey}",
        "POST /admin/v1/sites/{sitekey}/rotate-secret",
        "POST /admin/v1/sites/{sitekey}/tokens",
        "POST /admin/v1/tokens/inspect",
        "POST /v1/redeem-nonce",
        "POST /v1/server/challenge/issue",
    ];

    private readonly TestDirectory directory = new();
    private TestGateway gateway = null!;
    private Description description = null!;

    public async Task InitializeAsync()
    {
        gateway = await TestGateway.StartAsync(directory, null, "--Gateway:PublicUrl=https://captcha.example.com:8443/", "--Gateway:AllowGetVerification=true");
        description = new Description((await gateway.AdminAsync("GET", "/openapi/v1.json")).Json);
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_reader_of_openapi_finds_nothing_wrong_with_it()
    {
        string text = (await gateway.AdminAsync("GET", "/openapi/v1.json")).Text;
        ReadResult read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors.Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.Empty(read.Diagnostic.Warnings.Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.Equal(OpenApiSpecVersion.OpenApi3_0, read.Diagnostic.SpecificationVersion);
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.Equal(description.Operations.Count(), read.Document!.Paths.Sum(path => path.Value.Operations!.Count));
    }

    [Theory]
    [InlineData("\"description\": \"They should.\",", "")]
    [InlineData("\"#/components/schemas/Health\"", "\"#/components/schemas/Nothing\"")]
    [InlineData("\"title\": \"CaptchaCluster\",", "")]
    public async Task The_reader_does_find_mistakes(string right, string wrong)
    {
        string text = (await gateway.AdminAsync("GET", "/openapi/v1.json")).Text;
        Assert.Contains(right, text);
        ReadResult read = OpenApiDocument.Parse(text.Replace(right, wrong), "json");
        Assert.NotEmpty(read.Diagnostic!.Errors.Concat(read.Diagnostic.Warnings).Concat(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet())));
    }

    [Fact]
    public void Every_fixed_path_is_in_it_with_request_and_response_schemas()
    {
        foreach (string line in Fixed)
        {
            string[] words = line.Split(' ');
            JsonElement operation = description.Find(Operation.Of(words[0], words[1]));
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            if (words[0] is "POST" or "PATCH") Assert.NotEmpty(description.RequestMembers(Operation.Of(words[0], words[1])));
            foreach (JsonProperty response in operation.GetProperty("responses").EnumerateObject().Where(response => response.Name != "204"))
                Assert.NotEmpty(description.Resolve(response.Value).GetProperty("content").GetProperty("application/json").GetProperty("schema").EnumerateObject());
        }
    }

    [Fact]
    public async Task Every_route_is_in_it_and_nothing_that_is_not_served()
    {
        HashSet<Operation> served = [];
        string token = (await gateway.AdminAsync("POST", "/admin/v1/management-tokens", """{"name":"n"}""")).String("token");
        using HttpClient manager = new() { BaseAddress = gateway.AdminAddress };
        manager.DefaultRequestHeaders.Authorization = new("Bearer", token);
        foreach (Listener listener in gateway.Listeners)
        {
            foreach (RouteEndpoint route in ((IEndpointRouteBuilder)listener.App).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>())
            {
                string path = "/" + route.RoutePattern.RawText!.TrimStart('/');
                if (path == "/{**path}") continue;
                IEnumerable<string> methods = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? await AllowedAsync(listener == gateway.Listeners[0] ? gateway.Public : Description.IsManaged(path) ? manager : gateway.Admin, path);
                served.UnionWith(methods.Select(method => Operation.Of(method, path)));
            }
        }

        foreach (string path in KnownDialects.All.SelectMany(dialect => dialect.Paths).Select(path => path.Template))
            served.UnionWith((await AllowedAsync(gateway.Public, path)).Select(method => Operation.Of(method, path)));
        served.RemoveWhere(operation => operation.Method == "HEAD"); // goes with GET
        Assert.Equal(
            served.Select(operation => $"{operation}").Order(StringComparer.Ordinal),
            description.Operations.Select(item => $"{item.Operation}").Order(StringComparer.Ordinal));
        Assert.True(served.Count > Fixed.Length);
    }

    [Fact]
    public async Task The_members_that_a_call_takes_are_the_ones_described()
    {
        TestSite site = await gateway.CreateSiteAsync();
        int calls = 0;
        foreach ((Operation operation, JsonElement _) in description.Operations)
        {
            bool takesNoBody = operation.Method == "GET" || operation.Method == "DELETE" && operation.Path != "/admin/v1/keys/{}";
            if (takesNoBody || !Description.NeedsKey(operation.Path) || Description.IsManaged(operation.Path)) continue;
            string path = operation.Path.Replace("{}", site.Key);
            string body = operation.Path switch
            {
                "/admin/v1/tokens/inspect" => """{"token":"x","zzz":1}""",
                "/admin/v1/management-tokens" => """{"name":"n","zzz":1}""",
                "/v1/redeem-nonce" => $$"""{"sitekey":"{{site.Key}}","nonce":"x","expires_at":"2026-11-20T22:15:00Z","zzz":1}""",
                "/admin/v1/backup" => """{"folder":"x","zzz":1}""",
                _ => """{"zzz":1}""",
            };
            string message = (await gateway.AdminAsync(operation.Method, path, body)).Message;
            Assert.StartsWith("'zzz' is not known here; allowed ", message);
            string[] allowed = message.EndsWith(" is nothing.", StringComparison.Ordinal) ? [] : message[..^1].Split(" allowed are ")[1].Split(", ");
            Assert.Equal(allowed.Order(StringComparer.Ordinal), description.RequestMembers(operation).Order(StringComparer.Ordinal));
            calls++;
        }

        Assert.True(calls >= 8);
    }

    [Fact]
    public void The_fields_of_a_verification_are_the_ones_described()
    {
        foreach (IDialect dialect in KnownDialects.All)
        {
            Operation post = Operation.Of("POST", dialect.Paths[0].Template);
            IReadOnlyList<string> fields = description.RequestMembers(post, dialect.Fields.Container);
            Assert.Equal(
                dialect.Fields.Names.Select(name => Find(dialect, name)).Distinct().Order(),
                fields.Concat(description.Parameters(post, "query")).Select(field => Find(dialect, field)).Order());
            if (dialect.HasGet) Assert.Equal(fields, description.Parameters(Operation.Of("GET", dialect.Paths[0].Template), "query"));
        }

        static RequestField Find(IDialect dialect, string name) => dialect.Fields.Find(Encoding.ASCII.GetBytes(name));
    }

    [Fact]
    public async Task Get_is_described_only_where_it_is_allowed()
    {
        using TestDirectory other = new();
        await using TestGateway strict = await TestGateway.StartAsync(other);
        Description strictly = new((await strict.AdminAsync("GET", "/openapi/v1.json")).Json);
        string[] gets = [.. description.Operations.Select(item => item.Operation).Except(strictly.Operations.Select(item => item.Operation)).Select(operation => $"{operation.Method} {operation.Path}")];
        Assert.Equal(
            KnownDialects.All.Where(dialect => dialect.HasGet).SelectMany(dialect => dialect.Paths).Select(path => $"GET {path.Template}").Order(StringComparer.Ordinal),
            gets.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Servers_are_the_public_url_where_it_is_set_and_the_address_of_the_listener_where_it_is_not()
    {
        Assert.Equal("https://captcha.example.com:8443", description.Document.GetProperty("servers")[0].GetProperty("url").GetString());
        foreach (JsonProperty path in description.Document.GetProperty("paths").EnumerateObject())
        {
            bool isAdmin = Description.NeedsKey(path.Name) || path.Name.StartsWith("/openapi/", StringComparison.Ordinal);
            Assert.Equal(isAdmin, path.Value.TryGetProperty("servers", out JsonElement servers));
            if (isAdmin) Assert.Equal("/", servers[0].GetProperty("url").GetString());
        }

        using TestDirectory other = new();
        await using TestGateway local = await TestGateway.StartAsync(other);
        JsonElement server = (await local.AdminAsync("GET", "/openapi/v1.json")).Json.GetProperty("servers")[0];
        Assert.Equal(local.PublicAddress, new Uri(server.GetProperty("url").GetString()!));
    }

    [Fact]
    public async Task It_is_read_without_the_key_and_every_call_of_the_admin_api_needs_it()
    {
        using HttpClient stranger = new() { BaseAddress = gateway.AdminAddress };
        Reply reply = await Reply.ReadAsync(await stranger.GetAsync("/openapi/v1.json"));
        Assert.Equal((200, "application/json"), (reply.Status, reply.MediaType));
        foreach ((Operation operation, JsonElement content) in description.Operations)
        {
            bool isAdmin = Description.NeedsKey(operation.Path);
            Assert.Equal(isAdmin, content.TryGetProperty("security", out JsonElement security) && (security[0].TryGetProperty("adminKey", out _) || security[0].TryGetProperty("managementToken", out _)));
            if (!isAdmin) continue;
            using HttpRequestMessage request = new(new HttpMethod(operation.Method), operation.Path.Replace("{}", "x"));
            Reply refusal = await Reply.ReadAsync(await stranger.SendAsync(request));
            Assert.Equal(401, refusal.Status);
            Assert.Null(description.Complaint(operation, refusal));
        }
    }

    private static async Task<string[]> AllowedAsync(HttpClient client, string path)
    {
        using HttpRequestMessage request = new(new HttpMethod("BREW"), System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", "cpt_pub_x"));
        Reply reply = await Reply.ReadAsync(await client.SendAsync(request));
        Assert.Equal(405, reply.Status);
        return [.. reply.ContentHeaders.Allow];
    }
}
