namespace CaptchaCluster.Tests.History;

/// <summary>
/// Collects a run's operations from any number of threads. An operation is in the history from <c>Begin</c> on, as unknown, so
/// that what was cut off in the middle is not forgotten.
/// </summary>
/// <param name="time">The observer's one clock; only its timestamps order operations.</param>
/// <param name="clock">Handed on to the history; see <see cref="ClockBounds.From"/>.</param>
public sealed class HistoryRecorder(TimeProvider time, ClockBounds clock)
{
    private readonly long _anchor = time.GetTimestamp();
    private readonly DateTimeOffset _anchorUtc = time.GetUtcNow();
    private readonly Lock _gate = new();
    private readonly List<TokenInfo> _tokens = [];
    private readonly List<SiteOperation?> _siteOperations = [];
    private readonly List<FaultMark> _faults = [];
    private readonly List<PurgeMark> _purges = [];
    private readonly List<ClockShift> _clockShifts = [];
    private readonly List<VerifierClock> _verifierClocks = [];
    private readonly List<Outage> _outages = [];
    private readonly List<LedgerReading> _readings = [];
    private AttemptChunk[] _chunks = [];
    private long _nextAttempt = -1;

    /// <summary>The observer's ticks at a wall-clock time, by the wall clock as it was when the recorder was made.</summary>
    public long TicksAt(DateTimeOffset instant) => _anchor + ClockBounds.Ticks(time, instant - _anchorUtc);

    public int TokenCount
    {
        get
        {
            lock (_gate) return _tokens.Count;
        }
    }

    /// <summary>Registers a token and returns its position. Each id once.</summary>
    public int Mint(UInt128 id, int site, DateTimeOffset expiry)
    {
        lock (_gate)
        {
            _tokens.Add(new(id, site, TicksAt(expiry)));
            return _tokens.Count - 1;
        }
    }

    /// <summary>To be called before the request leaves.</summary>
    public PendingAttempt Begin(int token, UInt128 attempt, int site, int generation, bool anonymous = false)
    {
        var number = Interlocked.Increment(ref _nextAttempt);
        var chunk = ChunkOf((int)(number / AttemptChunk.Size));
        var slot = (int)(number % AttemptChunk.Size);
        chunk.Begin(slot, new(attempt, time.GetTimestamp(), AttemptOperation.Never, token, site, generation, Verdict.Unknown, anonymous));
        return new(chunk, slot, time);
    }

    /// <summary>To be called before the request leaves.</summary>
    public PendingSiteOperation Begin(SiteOperationKind kind, int site, int oldGeneration = SiteOperation.UnknownGeneration)
    {
        lock (_gate)
        {
            _siteOperations.Add(new(kind, site, time.GetTimestamp(), AttemptOperation.Never, oldGeneration));
            return new(this, _siteOperations.Count - 1);
        }
    }

    public void MarkFault(string kind, bool healed = false)
    {
        lock (_gate) _faults.Add(new(kind, time.GetTimestamp(), healed));
    }

    /// <summary>To be called after the horizon was read as durable.</summary>
    public void MarkPurge(DateTimeOffset horizon)
    {
        lock (_gate) _purges.Add(new(time.GetTimestamp(), TicksAt(horizon)));
    }

    /// <summary>To be called once the authority has been seen to go by its new time.</summary>
    /// <param name="begun">Before the clock was set.</param>
    /// <param name="offset">By which it is ahead from now on.</param>
    /// <param name="stopsPurging">See <see cref="ClockShift.StopsPurging"/>.</param>
    public void MarkClockShift(long begun, TimeSpan offset, bool stopsPurging)
    {
        lock (_gate) _clockShifts.Add(new(begun, time.GetTimestamp(), ClockBounds.Ticks(time, offset), stopsPurging));
    }

    /// <summary>To be called once the verifier goes by the authority's clock again, or by no clock any more.</summary>
    /// <param name="from">Before it went by another.</param>
    /// <param name="offset">By which it was ahead of the observer's.</param>
    public void MarkVerifierClock(long from, TimeSpan offset)
    {
        lock (_gate) _verifierClocks.Add(new(from, time.GetTimestamp(), ClockBounds.Ticks(time, offset)));
    }

    /// <summary>To be called while the ledger still cannot commit.</summary>
    /// <param name="from">After it was seen that it could not.</param>
    public void MarkOutage(long from)
    {
        lock (_gate) _outages.Add(new(from, time.GetTimestamp()));
    }

    /// <param name="before">Before the ledger was read.</param>
    /// <param name="content">What was read.</param>
    public void MarkReading(long before, LedgerContent content)
    {
        lock (_gate)
        {
            _readings.Add(new(before, content));
            _purges.Add(new(time.GetTimestamp(), content.PurgeHorizon));
        }
    }

    /// <summary>Everything so far; operations under way are unknown in it. May be taken during the run.</summary>
    public RecordedHistory Snapshot()
    {
        var history = new RecordedHistory { Clock = clock };
        // Answers that come while copying may rest on operations whose slot was copied before they began: they do not count yet.
        var cut = time.GetTimestamp();
        foreach (var chunk in Volatile.Read(ref _chunks)) chunk.CopyTo(history.Attempts, cut);
        lock (_gate)
        {
            history.Tokens.AddRange(_tokens);
            history.SiteOperations.AddRange(_siteOperations.Where(o => o is not null).Select(o => o!.Value));
            history.Faults.AddRange(_faults);
            history.Purges.AddRange(_purges);
            history.ClockShifts.AddRange(_clockShifts);
            history.VerifierClocks.AddRange(_verifierClocks);
            history.Outages.AddRange(_outages);
            history.LedgerReadings.AddRange(_readings);
        }
        return history;
    }

    internal void Settle(int siteOperation, Func<SiteOperation, SiteOperation?> outcome)
    {
        lock (_gate)
        {
            if (_siteOperations[siteOperation] is not { IsAcknowledged: false } pending)
                throw new InvalidOperationException("The site operation is settled already.");
            _siteOperations[siteOperation] = outcome(pending);
        }
    }

    /// <summary>Of the observer's clock.</summary>
    public long Now => time.GetTimestamp();

    private AttemptChunk ChunkOf(int index)
    {
        var chunks = Volatile.Read(ref _chunks);
        if (index < chunks.Length) return chunks[index];
        lock (_gate)
        {
            chunks = _chunks;
            if (index < chunks.Length) return chunks[index];
            var more = new AttemptChunk[index + 1];
            chunks.CopyTo(more, 0);
            for (var i = chunks.Length; i < more.Length; i++) more[i] = new();
            Volatile.Write(ref _chunks, more);
            return more[index];
        }
    }
}

/// <summary>An attempt operation under way; without <see cref="Complete"/> it stays unknown.</summary>
public readonly struct PendingAttempt
{
    private readonly AttemptChunk _chunk;
    private readonly int _slot;
    private readonly TimeProvider _time;

    internal PendingAttempt(AttemptChunk chunk, int slot, TimeProvider time) => (_chunk, _slot, _time) = (chunk, slot, time);

    /// <summary>To be called after the whole answer has come, once.</summary>
    public void Complete(Verdict verdict) => _chunk.Complete(_slot, _time.GetTimestamp(), verdict);
}

/// <summary>A site operation under way; without an outcome it stays unknown.</summary>
public readonly struct PendingSiteOperation
{
    private readonly HistoryRecorder _recorder;
    private readonly int _index;

    internal PendingSiteOperation(HistoryRecorder recorder, int index) => (_recorder, _index) = (recorder, index);

    /// <summary>The operation was acknowledged; a rotation states what the reply told.</summary>
    /// <param name="newGeneration">The rotation's generation.</param>
    /// <param name="graceEnd">Where a graceful rotation's grace ends.</param>
    public void Acknowledge(int newGeneration = SiteOperation.UnknownGeneration, DateTimeOffset? graceEnd = null)
    {
        var recorder = _recorder;
        var returned = recorder.Now;
        var end = graceEnd is { } stated ? recorder.TicksAt(stated) : SiteOperation.UnknownGraceEnd;
        recorder.Settle(_index, o => o with { Return = returned, NewGeneration = newGeneration, GraceEnd = end });
    }

    /// <summary>The operation was definitely refused: it never happened.</summary>
    public void Refuse() => _recorder.Settle(_index, static _ => null);
}
