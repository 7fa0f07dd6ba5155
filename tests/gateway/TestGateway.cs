using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>A site with its current secret.</summary>
internal sealed record TestSite(string Key, string Secret);

/// <summary>A whole gateway on free ports over a directory of its own, and clients of both its listeners.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly GatewayHost host;

    private TestGateway(GatewayHost host, ManualClock clock, string output)
    {
        this.host = host;
        Clock = clock;
        Output = output;
        Public = new HttpClient { BaseAddress = host.PublicAddress };
        Admin = new HttpClient { BaseAddress = host.AdminAddress };
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.AdminKey);
    }

    public ManualClock Clock { get; }

    /// <summary>What it wrote to standard output.</summary>
    public string Output { get; }

    public HttpClient Public { get; }

    /// <summary>Presents the admin key.</summary>
    public HttpClient Admin { get; }

    public IReadOnlyList<Listener> Listeners => host.Listeners;

    public Uri PublicAddress => host.PublicAddress;

    public Uri AdminAddress => host.AdminAddress;

    public static async Task<TestGateway> StartAsync(TestDirectory directory, ManualClock? clock = null, params string[] args)
    {
        clock ??= new ManualClock();
        StringWriter output = new();
        string[] all =
        [
            $"--Gateway:DataDirectory={directory.Path}",
            "--Gateway:Listen=http://127.0.0.1:0",
            "--Gateway:AdminListen=http://127.0.0.1:0",
            .. args,
        ];
        GatewayHost host = await GatewayHost.StartAsync(all, clock, output);
        return new TestGateway(host, clock, output.ToString());
    }

    public async Task<Reply> AdminAsync(string method, string path, string? json = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Reply.ReadAsync(await Admin.SendAsync(request));
    }

    public async Task<TestSite> CreateSiteAsync(string json = """{"name":"shop","hostnames":["example.com"]}""")
    {
        Reply reply = await AdminAsync("POST", "/admin/v1/sites", json);
        Assert.Equal(201, reply.Status);
        return new TestSite(reply.String("sitekey"), reply.String("secret"));
    }

    public Task<Reply> PatchAsync(TestSite site, string json) => AdminAsync("PATCH", $"/admin/v1/sites/{site.Key}", json);

    public Task<Reply> RotateAsync(TestSite site, string? json = null) => AdminAsync("POST", $"/admin/v1/sites/{site.Key}/rotate-secret", json);

    public async Task<string> MintAsync(TestSite site, string json = "{}")
    {
        Reply reply = await AdminAsync("POST", $"/admin/v1/sites/{site.Key}/tokens", json);
        Assert.Equal(201, reply.Status);
        return reply.String("token");
    }

    public async Task<Reply> VerifyAsync(string? secret, string? token, params (string Name, string Value)[] more)
    {
        List<KeyValuePair<string, string>> fields = [.. more.Select(field => KeyValuePair.Create(field.Name, field.Value))];
        if (secret is not null) fields.Add(KeyValuePair.Create("secret", secret));
        if (token is not null) fields.Add(KeyValuePair.Create("response", token));
        return await PostAsync("/siteverify", new FormUrlEncodedContent(fields));
    }

    public async Task<Reply> PostAsync(string path, HttpContent? content)
    {
        using (content) return await Reply.ReadAsync(await Public.PostAsync(path, content));
    }

    public async Task<Reply> PostJsonAsync(string path, object body) =>
        await PostAsync(path, new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"));

    public async ValueTask DisposeAsync()
    {
        Public.Dispose();
        Admin.Dispose();
        await host.DisposeAsync();
    }
}
