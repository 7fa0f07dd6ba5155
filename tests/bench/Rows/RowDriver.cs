using CaptchaCluster.Bench.Servers;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Arrivals;
using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Latency;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Running;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Bench.Rows;

/// <summary>Puts one row at a time under load, with one thread of the load client, and measures what it costs whom.</summary>
internal sealed class RowDriver(MintedTokens tokens, TestClock clock)
{
    /// <summary>No server here is faster with one client; where one is, the phase ends early and is as good.</summary>
    private const double FastestRate = 120_000;

    /// <summary>As many as the client remembers.</summary>
    private const int SpentBefore = 4096;

    /// <summary>A server that does not answer is told by the measurement, not by a wait without end.</summary>
    private static readonly TimeSpan LongestSpending = TimeSpan.FromMinutes(1);

    private double fastest = FastestRate / 2;

    /// <param name="row">What to send.</param>
    /// <param name="contender">Where to.</param>
    /// <param name="ledger">Directory whose growth is measured; null: none.</param>
    /// <param name="load">How.</param>
    /// <param name="cancelled">Ends it.</param>
    public async Task<Sample> MeasureAsync(Row row, Contender contender, string? ledger, RowLoad load, CancellationToken cancelled)
    {
        bool isSpending = row.Kind() == RequestKind.Fresh;
        if (row is Row.Bare or Row.BareAsGateway) tokens.Recycle(contender.Memory);
        double rate = load.Rate ?? Math.Min(FastestRate, fastest * 1.3);
        long needed = isSpending ? (long)(rate * load.Duration.TotalSeconds) + load.Connections : SpentBefore + load.Connections;
        TokenPool pool = await tokens.AtLeastAsync(contender.Memory, needed, cancelled);
        List<Target> targets = [];
        foreach (Front front in contender.Fronts) targets.AddRange(await Target.ResolveAsync(front.Url));
        WorkerSetup setup = new(targets, tokens.Site.Secret, tokens.Site.RetiredSecret)
        {
            Stock = new TokenStock(pool),
            Clock = clock,
            Connections = load.Connections,
        };
        using Workers workers = new(setup);
        workers.Connect();
        Phase phase = new()
        {
            Mix = MixShares.Only(row.Kind()),
            Duration = load.Duration,
            Rate = load.Rate is { } planned ? new RatePlan(planned, planned, load.Duration) : null,
            Cancelled = cancelled,
        };
        long wrongBefore = 0;
        if (phase.Mix.NeedsSpent)
        {
            Phase spending = phase with { Mix = MixShares.AllFresh, Limit = SpentBefore, Duration = LongestSpending, Rate = null };
            wrongBefore = (await workers.RunAsync(spending, _ => { })).Total.Wrong;
        }

        pool.Complete();
        Cost before = await ReadAsync(contender, ledger, cancelled);
        PhaseResult result = await workers.RunAsync(phase, _ => { });
        cancelled.ThrowIfCancellationRequested();
        Cost cost = (await ReadAsync(contender, ledger, cancelled)).Since(before);
        if (load.Rate is null && isSpending) fastest = Math.Max(fastest, result.Rate);
        return Compose(row, load, result, cost) with
        {
            Wrong = wrongBefore + result.Total.Wrong,
            WrongAnswer = setup.WrongAnswers.Examples is [var wrong, ..] ? $"{wrong.Kind}: {wrong.Status} {wrong.Body}" : null,
            LedgerBytes = ledger is null ? null : (double)cost.LedgerBytes / Math.Max(1, result.Total.Answered),
        };
    }

    private static Sample Compose(Row row, RowLoad load, PhaseResult result, in Cost cost)
    {
        double requests = Math.Max(1, result.Total.Answered);
        LatencySummary latency = LatencySummary.Of(result.Total.Latency());
        return new Sample
        {
            Row = row,
            Connections = load.Connections,
            Round = load.Round,
            Planned = load.Rate,
            Rate = result.Rate,
            Answered = result.Total.Answered,
            Unanswered = result.Total.Unknown + result.Total.Failed + result.Total.NotSent,
            Wrong = result.Total.Wrong,
            P50 = latency.P50.TotalMilliseconds,
            P99 = latency.P99.TotalMilliseconds,
            P999 = latency.P999.TotalMilliseconds,
            Max = latency.Max.TotalMilliseconds,
            FrontCpu = cost.Contender.FrontCpu.TotalMicroseconds / requests,
            SiloCpu = cost.Contender.SiloCpu.TotalMicroseconds / requests,
            StoreCpu = cost.Contender.Store.Cpu.TotalMicroseconds / requests,
            ClientCpu = result.ClientMicrosecondsPerRequest,
            OthersBusy = Math.Max(0, (cost.Machine - cost.Contender.Cpu - result.ClientCpu) / result.Elapsed),
            Allocated = cost.Contender.Counts.Allocated / requests,
            Collections = cost.Contender.Counts.Collections / result.Elapsed.TotalSeconds,
            Paused = cost.Contender.Counts.Paused / result.Elapsed,
            Database = row.IsOverPostgres() ? DatabaseShare.Of(cost.Contender.Store, requests, result.Elapsed) : null,
            Calls = cost.Contender.Calls is { } calls ? CallShare.Of(calls, result.Elapsed) : null,
            LoopbackBytes = cost.LoopbackBytes / requests,
        };
    }

    private static async Task<Cost> ReadAsync(Contender contender, string? ledger, CancellationToken cancelled) =>
        new(await contender.ReadUseAsync(cancelled), ProcessUse.MachineCpu(), SizeOf(ledger), ProcessUse.LoopbackBytes());

    private static long SizeOf(string? directory) =>
        directory is null ? 0 : new DirectoryInfo(directory).EnumerateFiles().Sum(file => file.Length);

    /// <param name="Contender">What its processes used.</param>
    /// <param name="Machine">Time that all processors were busy with anything.</param>
    /// <param name="LedgerBytes">Size of the ledger.</param>
    /// <param name="LoopbackBytes">That went over loopback.</param>
    private readonly record struct Cost(ContenderUse Contender, TimeSpan Machine, long LedgerBytes, long LoopbackBytes)
    {
        public Cost Since(Cost earlier) => new(
            Contender.Since(earlier.Contender), Machine - earlier.Machine, LedgerBytes - earlier.LedgerBytes, LoopbackBytes - earlier.LoopbackBytes);
    }
}

/// <summary>How a row is put under load.</summary>
/// <param name="Connections">Keep-alive, each with one request at a time.</param>
/// <param name="Duration">How long.</param>
/// <param name="Round">From 0.</param>
/// <param name="Rate">Arrivals a second; null: as fast as answers come.</param>
internal sealed record RowLoad(int Connections, TimeSpan Duration, int Round = 0, double? Rate = null);
