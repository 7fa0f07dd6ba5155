using OpenTelemetry.Trace;

namespace CaptchaCluster.Gateway.Telemetry;

/// <summary>
/// Records every call of the admin API and one of a hundred verifications, by trace id. What the caller says of recording is
/// not asked: anybody could have everything recorded.
/// </summary>
internal sealed class RequestSampler : Sampler
{
    private const double OfVerifications = 0.01;

    private readonly TraceIdRatioBasedSampler ratio = new(OfVerifications);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Name.Contains(" /admin/", StringComparison.Ordinal)
            ? new SamplingResult(SamplingDecision.RecordAndSample)
            : ratio.ShouldSample(samplingParameters);
}
