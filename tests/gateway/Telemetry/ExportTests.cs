using System.Net;
using System.Net.Sockets;
using CaptchaCluster.Tests.Gateway.Processes;

namespace CaptchaCluster.Tests.Gateway.Telemetry;

/// <summary>The program beside a collector: what it sends, and what it does when the collector is of no use.</summary>
[Collection(ProcessCollection.Name)]
public sealed class ExportTests : IDisposable
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string SpanId = "00f067aa0ba902b7";

    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Every_measurement_arrives_with_the_right_numbers_by_the_end_at_the_latest()
    {
        await using OtlpReceiver collector = await OtlpReceiver.StartAsync();
        await using GatewayProcess gateway = await StartAsync(collector.Endpoint, ("OTEL_SERVICE_NAME", "captcha-of-the-shop"));
        SentRequests sent = await SentRequests.SendAsync(gateway);
        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());

        IReadOnlyList<ExportedPoint> points = collector.LastPoints;
        Assert.All(points, point => Assert.Equal("captcha-of-the-shop", point.Service));
        Dictionary<string, ulong> verifications = points.Where(point => point.Name == "captchacluster.verifications")
            .ToDictionary(point => point.Labels, point => (ulong)point.Value);
        Assert.Equal(sent.ByOutcome.ToDictionary(entry => $"dialect=siteverify,outcome={entry.Key}", entry => (ulong)entry.Value), verifications);
        Assert.Equal(sent.ByOutcome.Values.Sum(), (int)One("captchacluster.verification.duration", "dialect=siteverify").Count!);
        Assert.Equal(sent.Minted, One("captchacluster.tokens.minted").Value);
        Assert.Equal((ulong)sent.Successes, One("captchacluster.token.age", "dialect=siteverify,outcome=success").Count);
        Assert.InRange(One("captchacluster.token.age", "dialect=siteverify,outcome=success").Value, 0, 3600);
        Assert.Equal((ulong)sent.Successes, One("captchacluster.commit.size").Count);
        Assert.Equal(sent.Successes, One("captchacluster.commit.size").Value);
        Assert.Equal((ulong)sent.Successes, One("captchacluster.commit.duration").Count);
        Assert.InRange(One("captchacluster.ledger.sync.duration").Count!.Value, (ulong)sent.Successes, (ulong)sent.Successes + 10);
        Assert.InRange(One("captchacluster.ledger.sync.duration").Value, double.Epsilon, One("captchacluster.commit.duration").Value + 10);
        Assert.Equal(sent.Successes, One("captchacluster.redemptions.live").Value);
        Assert.Equal(0, One("captchacluster.redemptions.queued").Value);
        Assert.Equal(0, One("captchacluster.ready").Value); // the last export is that of a node that has ended
        foreach (string meter in new[] { "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel" }) Assert.Contains(points, point => point.Meter == meter);
        Assert.Equal("s", One("captchacluster.commit.duration").Unit);

        ExportedPoint One(string name, string labels = "") => Assert.Single(points, point => point.Name == name && point.Labels == labels);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task Traces_follow_the_conventions_and_hold_neither_path_nor_query_nor_anything_secret()
    {
        await using OtlpReceiver collector = await OtlpReceiver.StartAsync(isGrpc: true);
        await using GatewayProcess gateway =
            await StartAsync(collector.Endpoint, ("OTEL_TRACES_SAMPLER", "always_on"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
        SentRequests sent = await SentRequests.SendAsync(gateway);
        using (HttpRequestMessage request = new(HttpMethod.Post, $"/TURNSTILE/v0/siteverify/?secret={sent.Secrets[0]}&marker-in-the-query"))
        {
            request.Headers.Add("traceparent", $"00-{TraceId}-{SpanId}-01");
            await gateway.Public.SendAsync(request);
        }

        using HttpResponseMessage refused = await gateway.Admin.Http.GetAsync($"/admin/v1/sites/{sent.Secrets[0]}?marker-in-the-query");
        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());

        ExportedSpan verification = Assert.Single(collector.Spans, span => span.TraceId == TraceId);
        Assert.Equal(("POST /turnstile/v0/siteverify", SpanId, ExportedSpan.Server, "captchacluster"), (verification.Name, verification.ParentId, verification.Kind, verification.Service));
        Assert.Equal(
            "captchacluster.outcome=site-disabled,http.request.method=POST,http.response.status_code=200,http.route=/turnstile/v0/siteverify,network.protocol.version=1.1,url.scheme=http",
            LineOf(verification));
        ExportedSpan admin = Assert.Single(collector.Spans, span => span.Name == "GET /admin/v1/sites/{name}");
        Assert.Equal(
            "http.request.method=GET,http.response.status_code=404,http.route=/admin/v1/sites/{name},network.protocol.version=1.1,url.scheme=http",
            LineOf(admin));
        Assert.Equal(sent.ByOutcome.Values.Sum() + 1, collector.Spans.Count(span => span.Name.EndsWith("siteverify", StringComparison.Ordinal)));
        foreach (string hidden in sent.Secrets.Append("marker-in-the-query")) Assert.DoesNotContain(hidden, collector.Everything);
    }

    [Fact]
    public async Task Unless_told_otherwise_every_admin_call_is_traced_and_few_verifications()
    {
        await using OtlpReceiver collector = await OtlpReceiver.StartAsync();
        await using GatewayProcess gateway = await StartAsync(collector.Endpoint);
        for (int i = 0; i < 5; i++) await gateway.Admin.CreateSiteAsync("shop");
        for (int i = 0; i < 500; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/siteverify");

            // A trace id that the ratio leaves out, by a caller who wants it recorded.
            request.Headers.Add("traceparent", $"00-ffffffffffffffffffffffffffffff{i % 90 + 10}-{SpanId}-01");
            (await gateway.Public.SendAsync(request)).Dispose();
        }

        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());
        Assert.Equal(5, collector.Spans.Count(span => span.Name == "POST /admin/v1/sites"));
        Assert.DoesNotContain(collector.Spans, span => span.Name == "POST /siteverify");
    }

    /// <summary>It takes what is sent and never answers: were anything to wait for it, that would be for longer than a test has patience.</summary>
    [Fact]
    public async Task A_collector_that_never_answers_holds_up_neither_verification_nor_the_shutdown()
    {
        await using OtlpReceiver collector = await OtlpReceiver.StartAsync(answers: false);
        await using GatewayProcess gateway = await StartAsync(
            collector.Endpoint, ("OTEL_METRIC_EXPORT_INTERVAL", "100"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"), ("OTEL_METRIC_EXPORT_TIMEOUT", "3600000"));
        await collector.Asked.WaitAsync(GatewayProcess.Patience);
        await SentRequests.SendAsync(gateway);
        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());
        Assert.Contains("event=NotSent", gateway.Output.ToString());
    }

    [Fact]
    public async Task A_collector_that_is_not_there_is_told_in_a_line_and_holds_up_nothing()
    {
        using TcpListener held = new(IPAddress.Loopback, 0);
        held.Start();
        string endpoint = $"http://{held.LocalEndpoint}";
        held.Stop();
        await using GatewayProcess gateway = await StartAsync(endpoint, ("OTEL_METRIC_EXPORT_INTERVAL", "50"), ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=cpt_adm_hidden"));
        string line = await gateway.Output.FirstAsync(line => line.Contains("could not be exported")).WaitAsync(GatewayProcess.Patience);
        Assert.Contains(" level=warning ", line);
        Assert.Contains("Connection refused", line);
        await SentRequests.SendAsync(gateway);
        Assert.Equal(new GatewayExit(0, ""), await gateway.TerminateAsync());
        Assert.DoesNotContain("hidden", gateway.Output.ToString());
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317'; allowed is http:// or https://")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is 'grpc://collector:4317'; allowed is")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url", "OTEL_EXPORTER_OTLP_ENDPOINT is 'not a url'; allowed is")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:hidden@collector", "OTEL_EXPORTER_OTLP_ENDPOINT holds a user name; give credentials in")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; allowed is one of grpc, http/protobuf.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "hidden", "The OTEL_ variables cannot be used: Headers ")]
    public async Task What_cannot_be_exported_to_is_refused_in_one_line(string variable, string value, string told)
    {
        Dictionary<string, string> environment = new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1", [variable] = value };
        GatewayExit exit = await GatewayProcess.StartRefusedAsync(new GatewayCommand(directory.Path) { Environment = environment });
        Assert.Equal(2, exit.Code);
        Assert.StartsWith(told, exit.Errors);
        Assert.DoesNotContain('\n', exit.Errors);
        Assert.DoesNotContain("hidden", exit.Errors);
    }

    private Task<GatewayProcess> StartAsync(string endpoint, params (string Name, string Value)[] environment) =>
        GatewayProcess.StartAsync(new GatewayCommand(directory.Path)
        {
            Environment = environment.Append(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)).ToDictionary(entry => entry.Item1, entry => entry.Item2),
        });

    private static string LineOf(ExportedSpan span) =>
        string.Join(',', span.Attributes.Select(attribute => $"{attribute.Key}={attribute.Value}").Order(StringComparer.Ordinal));
}
