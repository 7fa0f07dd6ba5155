using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CaptchaCluster.Tests.Gateway.Telemetry;

/// <summary>A collector on loopback: takes OTLP as HTTP with protobuf, or as gRPC, and keeps what came.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly bool isGrpc;
    private readonly ConcurrentQueue<byte[]> metrics = [];
    private readonly ConcurrentQueue<byte[]> traces = [];
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource mayAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpReceiver(bool isGrpc, bool answers)
    {
        this.isGrpc = isGrpc;
        if (answers) mayAnswer.SetResult();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
            server.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        app = builder.Build();
        app.Run(HandleAsync);
    }

    public string Endpoint => app.Urls.Single();

    /// <summary>Somebody has sent something.</summary>
    public Task Asked => asked.Task;

    /// <summary>What the last export of all said.</summary>
    public IReadOnlyList<ExportedPoint> LastPoints => [.. ExportedPoint.Read(metrics.Last())];

    public IReadOnlyList<ExportedSpan> Spans => [.. traces.SelectMany(ExportedSpan.Read)];

    /// <summary>All that came, as it came.</summary>
    public string Everything => string.Concat(metrics.Concat(traces).Select(Encoding.Latin1.GetString));

    /// <param name="isGrpc">Otherwise HTTP with protobuf.</param>
    /// <param name="answers">False: takes everything and never says so.</param>
    public static async Task<OtlpReceiver> StartAsync(bool isGrpc = false, bool answers = true)
    {
        OtlpReceiver receiver = new(isGrpc, answers);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        mayAnswer.TrySetResult();
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        byte[] message = isGrpc ? body.ToArray()[5..] : body.ToArray(); // behind a flag and the length
        switch (context.Request.Path.Value)
        {
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                metrics.Enqueue(message);
                break;
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                traces.Enqueue(message);
                break;
            default:
                throw new InvalidOperationException($"Nobody exports to {context.Request.Path}.");
        }

        asked.TrySetResult();
        await mayAnswer.Task;
        if (isGrpc)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }
    }
}
