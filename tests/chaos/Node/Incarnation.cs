namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>One process of the node, from its start to its end.</summary>
internal sealed class Incarnation : IDisposable
{
    /// <summary>A caller hangs up after that: longer than a verification takes, shorter than the longer pauses.</summary>
    private static readonly TimeSpan CallerPatience = TimeSpan.FromSeconds(2);

    public Incarnation(GatewayProcess process)
    {
        Process = process;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        {
            BaseAddress = process.Public.BaseAddress,
            Timeout = CallerPatience,
        };
    }

    public GatewayProcess Process { get; }

    /// <summary>Of callers.</summary>
    public HttpClient Http { get; }

    public void Dispose() => Http.Dispose();
}
