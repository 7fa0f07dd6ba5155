using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>
/// Keeps what may happen any number of times from filling the disk, and from costing a sync each: the first of a kind is an
/// entry of its own, durable before its reply; those of the minute after it share one, written when the minute is over. A
/// crash loses at most that one. While the log cannot be written nothing is only counted: each is told, and so refused.
/// </summary>
internal sealed class AuditTally(IAuditLog log, TimeProvider clock, Action<Exception> failed) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Kinds within a minute; those of further ones are told one by one (I10).</summary>
    private const int MaxKinds = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<AuditEntry, Sum> sums = []; // by kind
    private ITimer? timer;
    private bool isDisposed;

    /// <summary>Returns once the entry is durable, or counted beside one that is. Throws <see cref="IOException"/> where it is neither.</summary>
    public Task TellAsync(AuditEntry entry)
    {
        AuditEntry kind = KindOf(entry);
        lock (gate)
        {
            if (log.IsFailing) return log.AppendAsync(entry);
            if (sums.TryGetValue(kind, out Sum? sum) && !IsOver(sum))
            {
                sum.Add(entry);
                StartTimer();
                return sum.First;
            }

            foreach (AuditEntry old in sums.Where(item => IsOver(item.Value)).Select(item => item.Key).ToList()) sums.Remove(old);
            Task first = log.AppendAsync(entry);
            if (sums.Count < MaxKinds) sums.Add(kind, new Sum(first, clock.GetTimestamp()));
            return first;
        }
    }

    /// <summary>Writes what is only counted so far; what cannot be written stays counted.</summary>
    public async Task FlushAsync()
    {
        List<(AuditEntry Kind, Sum Sum)> counted;
        lock (gate)
        {
            timer?.Dispose();
            timer = null;
            counted = [.. sums.Where(sum => sum.Value.Calls > 0 && !sum.Value.First.IsFaulted).Select(sum => (sum.Key, sum.Value))];
            sums.Clear();
        }

        await Task.WhenAll(counted.Select(item => WriteAsync(item.Kind, item.Sum)));
    }

    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            timer?.Dispose();
        }
    }

    // Strangers may come from any number of addresses.
    private static AuditEntry KindOf(AuditEntry entry) => entry with
    {
        Time = default,
        Request = null,
        Tokens = null,
        From = entry.Action == AuditedAction.RefuseAccess.Name ? null : entry.From,
    };

    private async Task WriteAsync(AuditEntry kind, Sum sum)
    {
        try
        {
            await log.AppendAsync(sum.As(kind, UnixSeconds.Now(clock)));
        }
        catch (IOException exception)
        {
            failed(exception);
            lock (gate)
            {
                if (sums.TryGetValue(kind, out Sum? newer)) sum.Add(newer);
                sums[kind] = sum;
                StartTimer();
            }
        }
    }

    // Of what was counted beside an entry that failed nothing was done.
    private bool IsOver(Sum sum) => sum.First.IsFaulted || (sum.Calls == 0 && clock.GetElapsedTime(sum.Began) >= Window);

    private void StartTimer()
    {
        if (!isDisposed) timer ??= clock.CreateTimer(_ => _ = FlushAsync(), null, Window, Timeout.InfiniteTimeSpan);
    }

    /// <param name="first">The entry of its own that the first one is.</param>
    /// <param name="began">Monotonic.</param>
    private sealed class Sum(Task first, long began)
    {
        private UnixSeconds since;
        private long? tokens;

        public Task First => first;

        public long Began => began;

        public long Calls { get; private set; }

        public void Add(AuditEntry entry) => Add(1, entry.Time, entry.Tokens);

        public void Add(Sum later) => Add(later.Calls, later.since, later.tokens);

        public AuditEntry As(AuditEntry kind, UnixSeconds now) => kind with { Time = now, Calls = Calls, Since = since, Tokens = tokens };

        private void Add(long calls, UnixSeconds time, long? moreTokens)
        {
            if (calls == 0) return;
            if (Calls == 0) since = time;
            Calls += calls;
            if (moreTokens is { } more) tokens = (tokens ?? 0) + more;
        }
    }
}
