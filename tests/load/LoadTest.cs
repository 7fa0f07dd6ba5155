using System.Net.Sockets;
using CaptchaCluster.Tests.Load.CommandLine;
using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Mix;
using CaptchaCluster.Tests.Load.Reports;
using CaptchaCluster.Tests.Load.Running;
using CaptchaCluster.Tests.Load.Tokens;

namespace CaptchaCluster.Tests.Load;

/// <summary>One whole test: gets its tokens, warms up, measures, cleans up.</summary>
internal sealed class LoadTest(LoadOptions options, TimeProvider time, Progress progress)
{
    private const long MostPrepared = 2_000_000;
    private const double FastestClosedLoop = 60_000; // a second; where the server does more, more is minted on the way
    private const long KeptInStock = 50_000;
    private const long Spare = 2_000;
    private const int ExpiredTokens = 1000;
    private const int SpentBefore = 256;

    private readonly TestClock clock = new(time);

    /// <exception cref="SetupException">It cannot be run as asked.</exception>
    public async Task<LoadReport> RunAsync(CancellationToken cancelled)
    {
        IReadOnlyList<Target> targets = await FindTargetsAsync();
        if (options.TokenFile is { } path)
        {
            TokenPool pool = new();
            pool.Add(TokenFile.Read(path, clock));
            pool.Complete();
            WorkerSetup setup = Setup(targets, options.Secret!, Altered(options.Secret!), new TokenStock(pool));
            return await RunAsync(setup, cancelled);
        }

        using AdminApi admin = new(options.Admin!, options.AdminKey!, clock);
        LoadSite site = await admin.CreateSiteAsync("load test");
        LoadReport? report = null;
        try
        {
            return report = await RunAsync(targets, admin, site, cancelled);
        }
        finally
        {
            // After a wrong verdict somebody will want to look at it.
            if (report is { WrongAnswers.Count: > 0 }) progress.Say($"The site {site.Key} is left for inspection.");
            else await admin.DeleteSiteAsync(site);
        }
    }

    private async Task<LoadReport> RunAsync(IReadOnlyList<Target> targets, AdminApi admin, LoadSite site, CancellationToken cancelled)
    {
        TokenPool pool = new();
        TokenSupply supply = new(admin, site, pool, options.TokenTtl, clock);
        TokenBatch? expired = options.Mix.Has(RequestKind.Expired) ? await supply.ExpiredAsync(ExpiredTokens) : null;
        long needed = TokensNeeded();
        long prepared = Math.Min(options.Prepare ?? MostPrepared, needed);
        progress.Say($"Minting {prepared:#,0} tokens …");
        await supply.PrepareAsync(prepared, cancelled);

        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        bool isEnough = options.Rates.Count > 0 && prepared == needed;
        Task keeping = supply.KeepAsync(isEnough ? Spare / 2 : KeptInStock, ended.Token);
        _ = keeping.ContinueWith(_ => pool.Complete(), TaskScheduler.Default);
        try
        {
            LoadReport report = await RunAsync(Setup(targets, site.Secret, site.RetiredSecret, new TokenStock(pool, expired)), ended.Token);
            return report with { MintedWhileRunning = supply.MintedWhileRunning };
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
        }
    }

    private async Task<LoadReport> RunAsync(WorkerSetup setup, CancellationToken cancelled)
    {
        DateTimeOffset started = clock.UtcNow;
        using Workers workers = new(setup);
        workers.Connect();
        bool withKeys = options.Mix.Has(RequestKind.Retry);
        Phase phase = new() { Mix = options.Mix, WithKeys = withKeys, IsChecked = options.IsChecked, Cancelled = cancelled };
        List<PhaseResult> unmeasured = [];
        if (options.Mix.NeedsSpent)
        {
            long spent = Math.Min(SpentBefore * options.Threads, 1 + (setup.Stock.Fresh.Count / 10));
            unmeasured.Add(await workers.RunAsync(phase with { Mix = MixShares.AllFresh, Limit = spent }, _ => { }));
        }

        if (options.Warmup > TimeSpan.Zero)
        {
            progress.Say($"Warming up for {options.Warmup.TotalSeconds:0.#} s …");
            Phase warmup = phase with { Duration = options.Warmup, Rate = options.Rates is [var first, ..] ? first with { To = first.From, Duration = options.Warmup } : null };
            unmeasured.Add(await workers.RunAsync(warmup, _ => { }));
        }

        progress.Say(options.Describe());
        List<PhaseResult> phases = await MeasureAsync(workers, phase);
        return new LoadReport
        {
            Options = options,
            Started = started,
            Phases = phases,
            WrongAnswers = setup.WrongAnswers.Examples,
            WrongBefore = unmeasured.Sum(result => result.Total.Wrong),
            TokensUsedUp = setup.Stock.Fresh.IsComplete && setup.Stock.Fresh.Count == 0 && !cancelled.IsCancellationRequested,
            TokensWasted = setup.Stock.Fresh.Wasted,
            WasCancelled = cancelled.IsCancellationRequested,
        };
    }

    private async Task<List<PhaseResult>> MeasureAsync(Workers workers, Phase phase)
    {
        phase = phase with { Limit = options.Count, Duration = options.Duration };
        if (options.Rates.Count == 0) return [await workers.RunAsync(phase, progress.Show)];
        List<PhaseResult> results = [];
        foreach (Arrivals.RatePlan rate in options.Rates)
        {
            if (options.Rates.Count > 1) progress.Say($"Step {rate}");
            PhaseResult result = await workers.RunAsync(phase with { Rate = rate, Limit = phase.Limit }, progress.Show);
            results.Add(result);
            phase = phase with { Limit = phase.Limit - result.Total.Answered - result.Total.Failed };
            if (options.Rates.Count > 1 && !Step.Of(result, options.MaxStepP99).Holds) break;
            if (phase.Limit <= 0 || phase.Cancelled.IsCancellationRequested) break;
        }

        return results;
    }

    private WorkerSetup Setup(IReadOnlyList<Target> targets, string secret, string wrongSecret, TokenStock stock) => new(targets, secret, wrongSecret)
    {
        Stock = stock,
        Clock = clock,
        Connections = options.Connections,
        Workers = options.Threads,
        Seed = options.Seed,
        Timeout = options.Timeout,
        ChecksCertificates = options.ChecksCertificates,
    };

    /// <summary>Every address of every URL that takes connections.</summary>
    private async Task<IReadOnlyList<Target>> FindTargetsAsync()
    {
        List<Target> found = [];
        foreach (Uri url in options.Urls)
        {
            List<string> refusals = [];
            foreach (Target target in await Target.ResolveAsync(url))
            {
                if (await RefusalOfAsync(target) is { } refusal) refusals.Add($"{target.Address}: {refusal}");
                else found.Add(target);
            }

            if (!found.Exists(target => target.Url == url)) throw new SetupException($"--url {url} takes no connection: {string.Join("; ", refusals)}.");
        }

        return found;
    }

    private async Task<string?> RefusalOfAsync(Target target)
    {
        using CancellationTokenSource patience = new(options.Timeout, time);
        using Socket socket = new(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(target.Address, patience.Token);
            return null;
        }
        catch (SocketException exception)
        {
            return Sockets.NoAnswer.Because(exception.SocketErrorCode);
        }
        catch (OperationCanceledException)
        {
            return Sockets.NoAnswer.TimedOut;
        }
    }

    /// <summary>Tokens that the whole test spends, as far as that can be known.</summary>
    private long TokensNeeded()
    {
        double first = options.Rates is [var plan, ..] ? plan.From : FastestClosedLoop;
        double measured = options.Rates.Count > 0 ? options.Rates.Sum(rate => (double)rate.Total) : FastestClosedLoop * options.Duration.TotalSeconds;
        double requests = (first * options.Warmup.TotalSeconds) + Math.Min(measured, options.Count);
        double spent = requests * options.Mix.ShareOf(RequestKind.Fresh);

        // The mix is chosen at random, so it may want some more than its share.
        return (long)Math.Min(spent * 1.02, long.MaxValue / 2) + (SpentBefore * options.Threads) + options.Connections + Spare;
    }

    // The right form, but for its checksum.
    private static string Altered(string secret) => secret[..^1] + (secret[^1] == 'A' ? 'B' : 'A');
}
