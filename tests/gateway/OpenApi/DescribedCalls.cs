using System.Text.RegularExpressions;

namespace CaptchaCluster.Tests.Gateway.OpenApi;

/// <summary>Calls of a gateway whose replies are held against the schema that its description gives for the call and the status.</summary>
internal sealed partial class DescribedCalls : IAsyncDisposable
{
    private readonly TestDirectory directory;
    private readonly HashSet<string> seen = [];

    private DescribedCalls(TestDirectory directory, TestGateway gateway, Description description) =>
        (this.directory, Gateway, Description) = (directory, gateway, description);

    public TestGateway Gateway { get; }

    public Description Description { get; }

    /// <summary>Of the gateway.</summary>
    public string DataPath => directory.Path;

    /// <summary>Replies that came, as method, path and status.</summary>
    public IReadOnlyCollection<string> Seen => seen;

    public static async Task<DescribedCalls> StartAsync()
    {
        TestDirectory directory = new();
        TestGateway gateway = await TestGateway.StartAsync(directory, null, "--Gateway:AllowGetVerification=true");
        return new DescribedCalls(directory, gateway, new Description((await gateway.AdminAsync("GET", "/openapi/v1.json")).Json));
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        directory.Dispose();
    }

    /// <param name="method">Of the call.</param>
    /// <param name="path">As described.</param>
    /// <param name="json">The body.</param>
    /// <param name="name">What stands for the variable in the path.</param>
    /// <param name="described">The method whose description tells of the reply, where that is another.</param>
    public async Task<Reply> AdminAsync(string method, string path, string? json = null, string name = "", string? described = null)
    {
        string real = Variable().Replace(path, name);
        return Expect(Operation.Of(described ?? method, path), await Gateway.AdminAsync(method, real, json));
    }

    public async Task PublicAsync(string method, string path, HttpContent? body, string query = "")
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path + query) { Content = body };
        Expect(Operation.Of(method, path), await Reply.ReadAsync(await Gateway.Public.SendAsync(request)));
    }

    public Reply Expect(Operation operation, Reply reply)
    {
        Assert.Null(Description.Complaint(operation, reply));
        seen.Add($"{operation.Method} {operation.Path} {reply.Status}");
        return reply;
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Variable();
}
