using CaptchaCluster.Gateway.Hosting;
using OpenTelemetry.Exporter;

namespace CaptchaCluster.Gateway.Settings;

/// <summary>
/// Whether, and by which protocol, measurements and traces are exported: the variables are OpenTelemetry's own, and all others
/// of that family (headers, intervals, <c>OTEL_SERVICE_NAME</c>, the sampler) are read by its library.
/// </summary>
internal sealed record OtlpSettings(OtlpExportProtocol Protocol)
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const int GrpcPort = 4317;

    /// <summary>Null where nothing is exported.</summary>
    public static OtlpSettings? Read(IConfiguration configuration)
    {
        if (configuration[EndpointVariable] is not { Length: > 0 } text) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.Query != "")
            throw new StartupException($"{EndpointVariable} is '{text}'; allowed is http:// or https:// with the collector's host and port.");
        if (endpoint.UserInfo != "")
            throw new StartupException($"{EndpointVariable} holds a user name; give credentials in OTEL_EXPORTER_OTLP_HEADERS.");

        // The library's default is gRPC, OpenTelemetry's is HTTP; where nobody says, the port registered for gRPC does.
        return configuration[ProtocolVariable] switch
        {
            null or "" => new(endpoint.Port == GrpcPort ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf),
            "grpc" => new(OtlpExportProtocol.Grpc),
            "http/protobuf" => new(OtlpExportProtocol.HttpProtobuf),
            var other => throw new StartupException($"{ProtocolVariable} is '{other}'; allowed is one of grpc, http/protobuf."),
        };
    }
}
