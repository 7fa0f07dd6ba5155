using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>One process of the node, from its start to its end.</summary>
internal sealed class Incarnation(GatewayProcess process, Pulse pulse) : IDisposable
{
    public GatewayProcess Process => process;

    /// <summary>Of its node.</summary>
    public Pulse Pulse => pulse;

    /// <summary>Of callers who hang up soon: later than a verification takes, sooner than the longer pauses end.</summary>
    public HttpClient Hasty { get; } = ClientOf(process, TimeSpan.FromSeconds(2));

    /// <summary>Of callers who wait for what takes long on a busy machine.</summary>
    public HttpClient Patient { get; } = ClientOf(process, TimeSpan.FromSeconds(20));

    public void Dispose()
    {
        Hasty.Dispose();
        Patient.Dispose();
    }

    private static HttpClient ClientOf(GatewayProcess process, TimeSpan patience) =>
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = process.Public.BaseAddress, Timeout = patience };
}
