using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// What callers and owners of sites saw of one data directory, over as many processes as there were, for the checker to judge.
/// </summary>
internal sealed class RecordedRun(TimeSpan retention)
{
    // Expiries and the authority's clock are whole seconds of this machine's one clock.
    private static readonly TimeSpan ClockError = TimeSpan.FromSeconds(2);

    private readonly HistoryRecorder recorder =
        new(TimeProvider.System, ClockBounds.From(TimeProvider.System, ClockError, retention));

    private readonly List<RecordedSite> sites = [];
    private long anonymous;
    private int inFlight;

    /// <summary>Of processes with the default MaxClockSkew.</summary>
    public RecordedRun()
        : this(TimeSpan.FromMinutes(5))
    {
    }

    public IReadOnlyList<RecordedSite> Sites => sites;

    public HistoryRecorder Recorder => recorder;

    public int TokenCount => recorder.TokenCount;

    /// <summary>Verifications sent and not ended.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Everything so far.</summary>
    public RecordedHistory Snapshot() => recorder.Snapshot();

    public void MarkFault(string kind, bool healed = false) => recorder.MarkFault(kind, healed);

    public async Task AddSitesAsync(AdminClient admin, int count)
    {
        for (int i = 0; i < count; i++)
        {
            JsonElement site = await admin.CreateSiteAsync($"site {sites.Count}");
            if (!SiteKey.TryParse(site.GetProperty("sitekey").GetString(), out SiteKey key))
                throw new InvalidDataException($"No sitekey: {site}");
            sites.Add(new RecordedSite(recorder, sites.Count, key, site.GetProperty("secret").GetString()!));
        }
    }

    public async Task<MintedToken[]> MintAsync(AdminClient admin, RecordedSite site, int count, int ttlSeconds = 3600)
    {
        string[] texts = await admin.MintAsync(site.Key.ToString(), count, ttlSeconds);
        return [.. texts.Select(text =>
        {
            (UInt128 id, DateTimeOffset expiry) = MintedToken.Read(text);
            return new MintedToken(recorder.Mint(id, site.Number, expiry), site, text);
        })];
    }

    /// <summary>Fresh tokens of every site.</summary>
    public async Task<MintedToken[]> MintAsync(AdminClient admin, int countPerSite, int ttlSeconds = 3600)
    {
        List<MintedToken> tokens = [];
        foreach (RecordedSite site in sites) tokens.AddRange(await MintAsync(admin, site, countPerSite, ttlSeconds));
        return [.. tokens];
    }

    public Task<Answer> SendAsync(HttpClient http, Submission submission) => SendAsync(http, submission, submission.ToForm());

    /// <param name="http">Of the public listener.</param>
    /// <param name="submission">What is sent.</param>
    /// <param name="content">The same, as it is sent.</param>
    public async Task<Answer> SendAsync(HttpClient http, Submission submission, HttpContent content)
    {
        bool isAnonymous = submission.IdempotencyKey is null;
        UInt128 attempt = isAnonymous ? (UInt128)Interlocked.Increment(ref anonymous) : submission.Attempt;
        PendingAttempt pending = recorder.Begin(
            submission.Token.Position, attempt, submission.Site.Number, submission.Secret.Generation, isAnonymous);
        Interlocked.Increment(ref inFlight);
        try
        {
            Answer answer = await Answer.OfAsync(http, content);
            if (answer.HasCome) pending.Complete(answer.Verdict);
            return answer;
        }
        finally
        {
            Interlocked.Decrement(ref inFlight);
        }
    }

    /// <summary>Everything, with the ledger that a clean stop left.</summary>
    public RecordedHistory Complete(string dataDirectory)
    {
        long before = recorder.Now;
        LedgerContent content = LedgerOnDisk.Read(dataDirectory, recorder);
        recorder.MarkReading(before, content);
        RecordedHistory history = Snapshot();
        history.Ledger = content;
        return history;
    }

    /// <summary>Reads the ledger that a clean stop left, and fails unless the checker finds nothing and the run meant something.</summary>
    /// <param name="dataDirectory">Of no process any more.</param>
    /// <param name="minimum">What it takes to mean something.</param>
    /// <param name="seed">For the failure's message.</param>
    public JudgedRun Judge(string dataDirectory, MinimumCounts minimum, int seed)
    {
        RecordedHistory history = Complete(dataDirectory);
        CheckReport report = HistoryChecker.Check(history).Require(minimum);
        if (report.IsClean) return new JudgedRun(history, report.Counts);

        string path = Path.Combine(Path.GetTempPath(), $"captchacluster-history-{Guid.NewGuid():N}.txt");
        using (StreamWriter text = File.CreateText(path)) HistoryText.Save(history, text);
        throw new InvalidOperationException($"{ProcessSeed.Describe(seed)}; the history is in {path}\n{report}");
    }
}

/// <summary>A run that broke no promise, with the ledger it left.</summary>
internal sealed record JudgedRun(RecordedHistory History, HistoryCounts Counts)
{
    /// <summary>Keyed requests that are known to have redeemed their token though nobody was told so.</summary>
    public int LostAcknowledgements => History.Attempts.Count(
        attempt => attempt is { Verdict: Verdict.Unknown, Anonymous: false } && IsInLedger(attempt));

    /// <summary>Whether the ledger names this attempt as the one that redeemed its token; an anonymous one it cannot name.</summary>
    public bool IsInLedger(in AttemptOperation attempt) =>
        History.Ledger!.Redemptions.TryGetValue(History.Tokens[attempt.Token].Id, out UInt128 winner) && winner == attempt.Attempt;
}
