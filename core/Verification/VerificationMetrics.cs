using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CaptchaCluster.Verification;

/// <summary>What is measured of verifications in one dialect. Labels are the dialect and the outcome, never who asked (I11).</summary>
public sealed class VerificationMetrics
{
    private const long NotMeasured = -1;
    private const string Outcome = "outcome";

    // Around the usual TTLs: 2, 5, 10 minutes and 2 hours.
    private static readonly InstrumentAdvice<double> AgeBuckets = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200],
    };

    private readonly Counter<long> verifications;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> tokenAge;
    private readonly TimeProvider clock;

    // By VerdictKind; built once, as a list of labels for each request would be memory for each request.
    private readonly TagList[] labels;
    private readonly TagList dialectLabel;

    /// <param name="meter">Named <see cref="Instrumentation.Name"/>.</param>
    /// <param name="dialect">Its name in measurements.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    public VerificationMetrics(Meter meter, string dialect, TimeProvider clock)
    {
        this.clock = clock;
        verifications = meter.CreateCounter<long>("captchacluster.verifications", "{verification}", "Verifications that were answered.");
        duration = meter.CreateHistogram(
            "captchacluster.verification.duration", "s", "From a verification's headers to its answer.", advice: Instrumentation.DurationBuckets);
        tokenAge = meter.CreateHistogram(
            "captchacluster.token.age", "s", "Age of the genuine tokens that were handed in with a right secret.", advice: AgeBuckets);
        dialectLabel = new TagList { { "dialect", dialect } };
        labels = [.. Enum.GetValues<VerdictKind>().Select(kind => new TagList { { "dialect", dialect }, { Outcome, WordFor(kind) } })];
    }

    /// <summary>To be given to <see cref="Ended"/>.</summary>
    public long Begin() => duration.Enabled ? clock.GetTimestamp() : NotMeasured;

    public void Ended(long begun, in Verdict verdict)
    {
        int kind = (int)verdict.Kind;
        verifications.Add(1, labels[kind]);
        if (begun != NotMeasured) duration.Record(clock.GetElapsedTime(begun).TotalSeconds, dialectLabel);
        if (tokenAge.Enabled && verdict.Token is { IsDummy: false } token)
            tokenAge.Record(UnixSeconds.Now(clock) - token.IssuedAt, labels[kind]);
        if (Instrumentation.Activities.HasListeners()) Activity.Current?.SetTag("captchacluster.outcome", WordFor(verdict.Kind));
    }

    private static string WordFor(VerdictKind kind) => kind switch
    {
        VerdictKind.Undecided => "undecided",
        VerdictKind.Success => "success",
        VerdictKind.BadRequest => "bad-request",
        VerdictKind.MissingSecret or VerdictKind.MissingSecretAndToken => "missing-secret",
        VerdictKind.MissingToken => "missing-token",
        VerdictKind.InvalidSecret => "bad-secret",
        VerdictKind.UnknownSite => "unknown-site",
        VerdictKind.SiteDisabled => "site-disabled",
        VerdictKind.InvalidToken => "forged",
        VerdictKind.OtherSite => "other-site",
        VerdictKind.SiteKeyMismatch => "sitekey",
        VerdictKind.HostnameMismatch => "hostname",
        VerdictKind.IpMismatch => "ip",
        VerdictKind.ActionMismatch => "action",
        VerdictKind.UidMismatch => "uid",
        VerdictKind.Expired => "expired",
        VerdictKind.Duplicate => "duplicate",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a verdict"),
    };
}
