using System.Diagnostics.Metrics;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

public sealed class VerificationMetricsTests : IDisposable
{
    private readonly Meter meter = new(Instrumentation.Name);
    private readonly VerifierBench bench = new();
    private readonly VerificationMetrics metrics;

    public VerificationMetricsTests() => metrics = new VerificationMetrics(meter, "siteverify", bench.Clock);

    public void Dispose() => meter.Dispose();

    [Theory]
    [InlineData(VerdictKind.Undecided, "undecided")]
    [InlineData(VerdictKind.Success, "success")]
    [InlineData(VerdictKind.BadRequest, "bad-request")]
    [InlineData(VerdictKind.MissingSecret, "missing-secret")]
    [InlineData(VerdictKind.MissingSecretAndToken, "missing-secret")]
    [InlineData(VerdictKind.MissingToken, "missing-token")]
    [InlineData(VerdictKind.InvalidSecret, "bad-secret")]
    [InlineData(VerdictKind.UnknownSite, "unknown-site")]
    [InlineData(VerdictKind.SiteDisabled, "site-disabled")]
    [InlineData(VerdictKind.InvalidToken, "forged")]
    [InlineData(VerdictKind.OtherSite, "other-site")]
    [InlineData(VerdictKind.SiteKeyMismatch, "sitekey")]
    [InlineData(VerdictKind.HostnameMismatch, "hostname")]
    [InlineData(VerdictKind.IpMismatch, "ip")]
    [InlineData(VerdictKind.ActionMismatch, "action")]
    [InlineData(VerdictKind.UidMismatch, "uid")]
    [InlineData(VerdictKind.Expired, "expired")]
    [InlineData(VerdictKind.Duplicate, "duplicate")]
    public void Every_outcome_is_counted_by_its_name_with_the_time_it_took(VerdictKind kind, string outcome)
    {
        using Measurements measured = new(meter);
        long begun = metrics.Begin();
        bench.Clock.Advance(TimeSpan.FromMilliseconds(1500));
        metrics.Ended(begun, new Verdict(kind));
        Assert.Equal(
            [$"captchacluster.verifications{{dialect=siteverify,outcome={outcome}}} 1", "captchacluster.verification.duration{dialect=siteverify} 1.5"],
            measured.Lines);
    }

    [Fact]
    public void Every_kind_of_verdict_has_a_name() => Assert.Equal(18, Enum.GetValues<VerdictKind>().Length);

    [Fact]
    public void The_age_of_a_genuine_token_is_measured_and_that_of_the_test_token_is_not()
    {
        PassToken token = bench.Codec.Read(System.Text.Encoding.ASCII.GetBytes(bench.Token()))!;
        bench.Clock.Advance(TimeSpan.FromSeconds(42));
        using Measurements measured = new(meter);
        metrics.Ended(metrics.Begin(), new Verdict(VerdictKind.Duplicate, token));
        metrics.Ended(metrics.Begin(), new Verdict(VerdictKind.Success, PassToken.Dummy(bench.Clock.Now)));
        string age = Assert.Single(measured.Lines, line => line.StartsWith("captchacluster.token.age", StringComparison.Ordinal));
        Assert.Equal($"captchacluster.token.age{{dialect=siteverify,outcome=duplicate}} {bench.Clock.Now - token.IssuedAt}", age);
    }

    [Fact]
    public void Who_begins_to_listen_in_the_middle_is_told_no_wrong_time()
    {
        long begun = metrics.Begin();
        using Measurements measured = new(meter);
        metrics.Ended(begun, new Verdict(VerdictKind.Success));
        Assert.Equal(["captchacluster.verifications{dialect=siteverify,outcome=success} 1"], measured.Lines);
    }

    /// <summary>On every verification: with nobody listening and with somebody, no memory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Measuring_takes_no_memory(bool isHeard)
    {
        using MeterListener listener = new();
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => { });
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (isHeard && ReferenceEquals(instrument.Meter, meter)) self.EnableMeasurementEvents(instrument);
        };
        listener.Start();
        Verdict verdict = new(VerdictKind.Success, bench.Codec.Read(System.Text.Encoding.ASCII.GetBytes(bench.Token())));
        for (int i = 0; i < 100; i++) metrics.Ended(metrics.Begin(), verdict);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) metrics.Ended(metrics.Begin(), verdict);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999);
    }
}
