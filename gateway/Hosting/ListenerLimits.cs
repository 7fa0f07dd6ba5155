using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>What one client, and all of them, may take of a listener (I10).</summary>
internal sealed record ListenerLimits
{
    /// <summary>Bytes on the wire, the framing of chunks included.</summary>
    public required int MaxBodySize { get; init; }

    /// <summary>At once; further ones are closed as they come.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>From the first byte of a request to the end of its headers.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// For a connection without a request. Longer than the 60 s of usual proxies in front, so that they close first; shorter
    /// than an idle flood would like.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Of a body that is waited for. It comes from a server, in one piece.</summary>
    public MinDataRate BodyRate { get; init; } = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>At which an answer must be taken.</summary>
    public MinDataRate ResponseRate { get; init; } = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    public void ApplyTo(KestrelServerLimits server)
    {
        server.MaxRequestBodySize = MaxBodySize;
        server.MaxRequestLineSize = 8 * 1024;
        server.MaxRequestHeadersTotalSize = 16 * 1024;
        server.MaxRequestHeaderCount = 100;

        // What is read ahead of a connection; the default is 1 MiB for each of thousands.
        server.MaxRequestBufferSize = 64 * 1024;
        server.RequestHeadersTimeout = HeadersTimeout;
        server.KeepAliveTimeout = KeepAliveTimeout;
        server.MinRequestBodyDataRate = BodyRate;
        server.MinResponseDataRate = ResponseRate;
    }
}
