using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>
/// A seeded correct service: every effect is instantaneous, at some instant of its operation; replies get lost before or after
/// the effect, effects land late, every judgement is by a clock that is up to epsilon wrong, and a verification judges its
/// secret and its token at two different instants. The ledger fails for a while and is read now and then; the clock is shifted,
/// where the caller asks for it.
/// </summary>
internal sealed class ModelRun
{
    public const long Epsilon = 4, Retention = 60;
    private const long End = 600;
    private readonly Random _random;
    private readonly PriorityQueue<Action, (long Time, int Order)> _agenda = new();
    private readonly ModelSite[] _sites = [new(), new(), new()];
    private readonly Dictionary<int, UInt128> _redeemed = [];
    private readonly Dictionary<UInt128, UInt128> _ledger = [];
    private readonly List<SiteOperation?> _siteOperations = [];
    private readonly RecordedHistory _history = new() { Clock = new(Epsilon, Retention) };
    private long _now;
    private long _horizon = long.MinValue;
    private int _order;
    private UInt128 _lastKey = 1000;
    private int _lastRotation;
    private long _outOfUseUntil = long.MinValue;
    private long _offset;
    private bool _purgingStopped;

    private ModelRun(int seed) => _random = new(seed);

    /// <summary>Site 0 has no administration, so that some secrets are certainly valid.</summary>
    public const int QuietSite = 0;

    public static RecordedHistory Of(int seed, bool withClockShifts = false) => new ModelRun(seed).Run(withClockShifts);

    private RecordedHistory Run(bool withClockShifts)
    {
        for (var i = 0; i < 8; i++)
            _history.Tokens.Add(new((UInt128)i + 1, _random.Next(3), _random.Next(4) == 0 ? long.MaxValue : _random.Next(30, (int)End)));
        for (var i = 0; i < 80; i++) At(_random.Next((int)End), StartAttempt);
        for (var i = _random.Next(10); i > 0; i--) At(_random.Next((int)End), StartSiteOperation);
        for (var i = _random.Next(4); i > 0; i--) At(_random.Next((int)End), Purge);
        for (var i = _random.Next(5); i > 0; i--) At(_random.Next((int)End), ReadLedger);
        if (Chance(20)) At(_random.Next((int)End), FailLedger);
        for (var time = 80; withClockShifts && time < End; time += 150) At(time + _random.Next(100), ShiftClock);
        if (Chance(50)) At(_random.Next((int)End), () => _history.Faults.Add(new(FaultMark.Crash, _now)));
        while (_agenda.TryDequeue(out var action, out var when))
        {
            _now = when.Time;
            action();
        }
        _history.SiteOperations.AddRange(_siteOperations.OfType<SiteOperation>());
        if (Chance(70)) _history.Ledger = new(_ledger, _horizon);
        return _history;
    }

    private void StartAttempt()
    {
        var token = _random.Next(_history.Tokens.Count);
        var issuer = _history.Tokens[token].Site;
        var site = Chance(3) ? (issuer + 1) % 3 : issuer;
        var told = _sites[site].Told;
        var generation = Chance(60) ? told.Max() : told[_random.Next(told.Count)];
        var keyed = _history.Attempts.Where(a => a.Token == token && a.Site == site && !a.Anonymous).ToList();
        var retry = keyed.Count > 0 && Chance(50);
        var attempt = retry ? keyed[_random.Next(keyed.Count)].Attempt : ++_lastKey;
        var index = _history.Attempts.Count;
        _history.Attempts.Add(new(attempt, _now, AttemptOperation.Never, token, site, generation, Verdict.Unknown, !retry && Chance(30)));

        var lost = Chance(15);
        if (lost && Chance(40)) return; // the request never arrived
        var slow = lost && Chance(50) ? 200 : 6;
        Later(slow, () => JudgeSecret(index, lost, slow));
    }

    private void JudgeSecret(int index, bool lost, int slow)
    {
        var op = _history.Attempts[index];
        var expiry = _history.Tokens[op.Token].Expiry;
        if (Clock() >= (op.Anonymous ? expiry : After(expiry, Retention))) Answer(index, lost, Verdict.Expired);
        else if (!_sites[op.Site].Accepts(op.Generation, Clock())) Answer(index, lost, Verdict.InvalidSecret);
        else if (op.Site != _history.Tokens[op.Token].Site || Chance(3)) Answer(index, lost, Verdict.Refused);
        else Later(slow, () => Answer(index, lost || _now < _outOfUseUntil, _now < _outOfUseUntil ? Verdict.Unknown : JudgeToken(op)));
    }

    private Verdict JudgeToken(AttemptOperation op)
    {
        var (id, _, expiry) = _history.Tokens[op.Token];
        var clock = Clock();
        if (expiry <= _horizon || clock >= After(expiry, Retention)) return Verdict.Expired;
        if (_redeemed.TryGetValue(op.Token, out var winner)) return winner == op.Attempt ? Verdict.Success : Verdict.Duplicate;
        if (clock >= expiry) return Verdict.Expired;
        _redeemed[op.Token] = op.Attempt;
        _ledger[id] = op.Anonymous ? op.Attempt << 64 : op.Attempt; // the server draws its own key for a caller without one
        return Verdict.Success;
    }

    private void Answer(int index, bool lost, Verdict verdict)
    {
        if (lost) return;
        Later(6, () => _history.Attempts[index] = _history.Attempts[index] with { Return = _now, Verdict = verdict });
    }

    private void StartSiteOperation()
    {
        var kind = _random.Next(20) switch
        {
            < 6 => SiteOperationKind.RotateImmediate,
            < 11 => SiteOperationKind.RotateGraceful,
            < 14 => SiteOperationKind.Disable,
            < 19 => SiteOperationKind.Enable,
            _ => SiteOperationKind.Delete,
        };
        StartSiteOperation(new(kind, _random.Next(1, 3), _now, AttemptOperation.Never), ++_lastRotation, Chance(20));
    }

    private void StartSiteOperation(SiteOperation operation, int rotationId, bool lost)
    {
        var index = _siteOperations.Count;
        _siteOperations.Add(operation);
        // With a rotation id a lost reply can be asked for again; the first request may still land before, after or never.
        if (lost && operation.IsRotation && Chance(60))
            Later(100, () => StartSiteOperation(operation with { Call = _now }, rotationId, false));
        if (lost && Chance(40)) return;
        var site = _sites[operation.Site];
        Later(lost ? 200 : 6, () =>
        {
            var applied = site.Apply(ref operation, rotationId, _random.Next(1, 3), Clock());
            if (lost) return;
            Later(6, () => Reply(index, operation, applied));
        });
    }

    private void Reply(int index, SiteOperation operation, bool applied)
    {
        _siteOperations[index] = applied ? operation with { Return = _now } : null; // refused: it never happened
        if (applied && operation.IsRotation) _sites[operation.Site].Told.Add(operation.NewGeneration);
    }

    private void Purge()
    {
        if (_purgingStopped) return;
        _horizon = Math.Max(_horizon, Clock() - Retention);
        foreach (var (id, _, expiry) in _history.Tokens)
            if (expiry <= _horizon) _ledger.Remove(id);
        if (Chance(80)) _history.Purges.Add(new(_now, _horizon));
    }

    private void ReadLedger() => _history.LedgerReadings.Add(new(_now, new(new Dictionary<UInt128, UInt128>(_ledger), _horizon)));

    private void FailLedger()
    {
        _outOfUseUntil = _now + 40;
        _history.Outages.Add(new(_now, _outOfUseUntil));
    }

    private void ShiftClock()
    {
        _offset = _random.Next(-150, 151);
        _purgingStopped = Chance(50);
        _history.ClockShifts.Add(new(_now - _random.Next(5), _now + _random.Next(5), _offset, _purgingStopped));
    }

    private long Clock() => _now + _offset + _random.Next(-(int)Epsilon, (int)Epsilon + 1);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private void Later(int atMost, Action action) => At(_now + _random.Next(atMost + 1), action);

    private void At(long time, Action action) => _agenda.Enqueue(action, (time, _order++));

    private static long After(long time, long span) => time == long.MaxValue ? time : time + span;
}
