using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Report;

/// <summary>What was to be reached, and what was.</summary>
/// <param name="What">In words.</param>
/// <param name="Limit">As it is written; null: there is none, and the reader is to know it all the same.</param>
/// <param name="Measured">Of the rounds.</param>
/// <param name="Format">Of the measured numbers.</param>
/// <param name="IsMet">By the median; null where there is no limit.</param>
internal sealed record Target(string What, string? Limit, Spread Measured, string Format, bool? IsMet)
{
    private const long LiveTarget = 5_000_000;
    private const int PostgresConnections = 256;

    /// <summary>Those that the run measured.</summary>
    public static IEnumerable<Target> Of(BenchResults results)
    {
        foreach (IGrouping<int, Sample> samples in results.Rows.GroupBy(sample => sample.Connections))
        {
            string at = $"at {samples.Key} connections";
            if (AtLeast($"b / a {at}", 0.85, BenchResults.Ratios(samples, Row.Success, Row.Bare)) is { } success) yield return success;
            if (AtLeast($"d / a {at}", 0.90, BenchResults.Ratios(samples, Row.Forged, Row.Bare)) is { } forged) yield return forged;
            if (AtLeast($"b / e-always {at}", 1.5, BenchResults.Ratios(samples, Row.Success, Row.RedisAlways)) is { } redis) yield return redis;
            if (Of($"b / e-thin-always {at}", null, BenchResults.Ratios(samples, Row.Success, Row.ThinRedisAlways), "0.00", _ => null) is { } thin) yield return thin;
            if (AtMost($"bytes that our code allocates per request of b {at} (b − a)", 1024, OwnAllocations(samples), "0") is { } bytes) yield return bytes;
        }

        if (AtMost("p99 of b at half of its peak rate, ms", 5, results.Latency.Where(IsSuccess).Select(sample => sample.P99), "0.00") is { } latency) yield return latency;
        if (AtMost("ledger bytes per redemption", 64, results.Rows.Where(IsSuccess).Select(sample => sample.LedgerBytes!.Value), "0.0") is { } ledger) yield return ledger;
        foreach (IGrouping<int, Sample> samples in (results.Postgres?.Rows ?? []).GroupBy(sample => sample.Connections).Where(samples => samples.Key == PostgresConnections))
        {
            if (AtLeast($"one gateway over PostgreSQL / a at {samples.Key} connections", 0.35, BenchResults.PostgresRatios(samples, 1)) is { } shared) yield return shared;
        }

        foreach (IGrouping<int, Sample> samples in (results.Cluster?.Sizes.FirstOrDefault(size => size.Silos == 1)?.Samples ?? []).GroupBy(sample => sample.Connections))
        {
            double[] ratios = [.. BenchResults.Ratios(samples, Row.Hop, Row.Bare)];
            string what = $"h / a at {samples.Key} connections, the way to a silo and back alone";
            if (AtLeast($"{what}: at first", 0.70, ratios) is { } first) yield return first;
            if (AtLeast($"{what}: in the end", 0.85, ratios) is { } end) yield return end;
        }

        if (results.Live.FirstOrDefault(point => point.Live == LiveTarget) is not { } live) yield break;
        yield return AtMost("heap bytes per redemption at 5,000,000 live ones", 100, [results.HeapPerRedemption(live)], "0.0")!;
        yield return AtMost("seconds from the start until ready over them", 5, [live.ReadySeconds], "0.00")!;
    }

    private static Target? AtLeast(string what, double limit, IEnumerable<double> values) =>
        Of(what, $"≥ {limit:0.00}", values, "0.00", median => median >= limit);

    private static Target? AtMost(string what, double limit, IEnumerable<double> values, string format) =>
        Of(what, $"≤ {limit:0}", values, format, median => median <= limit);

    private static Target? Of(string what, string? limit, IEnumerable<double> values, string format, Func<double, bool?> isMet)
    {
        double[] all = [.. values];
        if (all.Length == 0) return null;
        Spread spread = Spread.Of(all);
        return new Target(what, limit, spread, format, isMet(spread.Median));
    }

    private static IEnumerable<double> OwnAllocations(IEnumerable<Sample> samples)
    {
        Sample[] all = [.. samples];
        return from ours in all
               where IsSuccess(ours)
               from bare in all
               where bare.Row == Row.Bare && bare.Round == ours.Round
               select ours.Allocated - bare.Allocated;
    }

    private static bool IsSuccess(Sample sample) => sample.Row == Row.Success;
}
