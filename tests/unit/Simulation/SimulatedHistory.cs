using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tokens;
using HistoryVerdict = CaptchaCluster.Tests.History.Verdict;

namespace CaptchaCluster.Tests.Unit.Simulation;

/// <summary>
/// One seeded history of the embedded ledger: callers, a network that delays, reorders, doubles and loses, a clock that is
/// off by up to the allowed skew, a disk and a process that fail at any call. What the callers saw is recorded.
/// </summary>
internal sealed class SimulatedHistory
{
    private const long TicksPerSecond = 1_000_000;
    private const int MaxSkew = 14; // so that two clocks are never more than MaxClockSkewSeconds apart
    private const long Start = 1_800_000_000;

    private readonly Random random;
    private readonly SimulatedDisk disk;
    private readonly SiteDirectory sites;
    private readonly SiteKey[] siteKeys;
    private readonly List<(TokenId Id, UnixSeconds Expiry, int Site)> tokens = [];
    private readonly List<Request> network = [];
    private readonly List<(RedemptionOperation Operation, Request Request)> arrived = [];
    private readonly double faultRate;
    private SimulatedService service;
    private long ticks;
    private int skew;
    private bool faultsAreOver;

    public SimulatedHistory(int seed)
    {
        random = new Random(seed);
        disk = new SimulatedDisk(random);
        faultRate = random.Next(4) switch { 0 => 0, 1 => 0.01, 2 => 0.05, _ => 0.15 };
        siteKeys = [NewKey(), NewKey()];
        sites = new SiteDirectory(siteKeys.Select(key => new Site
        {
            Key = key,
            Version = 1,
            Policy = new SitePolicy { Name = "simulated", TokenTtlSeconds = 60 },
            Generation = Generation.First,
            SecretHash = [],
            CreatedAt = new UnixSeconds(Start),
        }));
        Recorded.Clock = new ClockBounds((MaxSkew + 2) * TicksPerSecond, SimulatedService.Options.MaxClockSkewSeconds * TicksPerSecond);
        service = new SimulatedService(disk, sites, Wall);
        disk.NextFault = NextFault;
    }

    public RecordedHistory Recorded { get; } = new();

    public SimulatedLooks Looks { get; } = new();

    private UnixSeconds Wall => new(Start + (ticks / TicksPerSecond) + skew);

    public void Run()
    {
        int steps = random.Next(20, 90);
        for (int i = 0; i < steps; i++)
        {
            ticks++;
            Step();
        }

        Heal();
    }

    private void Step()
    {
        switch (random.Next(22))
        {
            case 0 or 1:
                MintToken();
                break;
            case < 8:
                Call();
                break;
            case < 11:
                Deliver();
                break;
            case < 15:
                Turn();
                break;
            case 15:
                ticks += random.Next(40) * TicksPerSecond;
                break;
            case 16:
                skew = random.Next(-MaxSkew, MaxSkew + 1);
                break;
            case 17:
                service.Purge(Wall - SimulatedService.Options.MaxClockSkewSeconds);
                RestartIfDead();
                break;
            case 18:
                ChangeSite();
                break;
            case 19 or 20:
                if (tokens.Count > 0) Look(random.Next(tokens.Count));
                break;
            default:
                if (random.Next(3) == 0) Crash();
                break;
        }
    }

    private void MintToken()
    {
        if (tokens.Count >= 8) return;
        int site = random.Next(siteKeys.Length);
        UnixSeconds expiry = new(Start + (ticks / TicksPerSecond) + random.Next(1, 120));
        TokenId id = new((ulong)random.NextInt64(), (ulong)random.NextInt64());
        tokens.Add((id, expiry, site));
        Recorded.Tokens.Add(new TokenInfo(new UInt128(id.High, id.Low), site, (expiry.Value - Start) * TicksPerSecond));
    }

    private void Call()
    {
        if (tokens.Count == 0) return;
        int token = random.Next(tokens.Count);
        Site site = Current(tokens[token].Site);
        int generation = random.Next(4) == 0 ? random.Next(1, site.Generation.Value + 1) : site.Generation.Value;
        AttemptKey attempt = random.Next(3) == 0 ? new AttemptKey((ulong)random.NextInt64(), (ulong)random.NextInt64()) : new AttemptKey(7, (ulong)random.Next(1, 4));
        Send(token, attempt, generation);
    }

    private void Send(int token, AttemptKey attempt, int generation)
    {
        int index = Recorded.Attempts.Count;
        Recorded.Attempts.Add(new AttemptOperation(
            new UInt128(attempt.High, attempt.Low), ticks, AttemptOperation.Never, token, tokens[token].Site, generation, HistoryVerdict.Unknown));
        network.Add(new Request(index, new RedemptionRequest(
            tokens[token].Id, tokens[token].Expiry, siteKeys[tokens[token].Site], new Generation(generation), attempt)));
    }

    // A hop of ours that sends again: the same attempt, judged afresh.
    private void Send(int original)
    {
        AttemptOperation operation = Recorded.Attempts[original];
        Send(operation.Token, new AttemptKey((ulong)(operation.Attempt >> 64), (ulong)operation.Attempt), operation.Generation);
    }

    // What arrives is authenticated and judged by its bytes there and then, as the verifier does, and waits for its turn; some arrive twice, some late, some never.
    private void Deliver()
    {
        for (int i = random.Next(1, 6); i > 0 && network.Count > 0; i--)
        {
            int which = random.Next(network.Count);
            Request request = network[which];
            network.RemoveAt(which);
            if (random.Next(10) == 0) Send(request.Index);
            if (random.Next(15) == 0) continue;
            if (!sites.Accepts(request.Redemption.Site, request.Redemption.Generation, Wall)) Answer(request, HistoryVerdict.InvalidSecret);
            else if (Wall >= request.Redemption.ExpiresAt + SimulatedService.Options.MaxClockSkewSeconds) Answer(request, HistoryVerdict.Expired);
            else arrived.Add((new RedemptionOperation(request.Redemption), request));
        }
    }

    private void Look(int token) => Looks.Looked(
        tokens[token].Id, tokens[token].Expiry, service.Peek(tokens[token].Id, tokens[token].Expiry, Wall), service.Horizon);

    private void Turn()
    {
        (RedemptionOperation Operation, Request Request)[] taken = [.. arrived];
        random.Shuffle(taken);
        taken = taken[..random.Next(taken.Length + 1)];
        ticks++;
        IReadOnlyList<RedemptionOperation> answered = service.Turn(taken.Select(item => item.Operation), Wall);
        ticks++;
        if (disk.IsDead)
        {
            RestartIfDead();
            return;
        }

        Looks.Answered(answered);
        foreach ((RedemptionOperation operation, Request request) in arrived.ToList())
        {
            if (!answered.Contains(operation)) continue;
            arrived.Remove((operation, request));
            if (random.Next(12) != 0) Answer(request, VerdictOf(operation.Outcome.Status));
        }

        // A poisoned ledger answers nothing more until its process is restarted.
        if (!service.CanCommit && random.Next(3) == 0) Crash();
    }

    private void Answer(Request request, HistoryVerdict verdict)
    {
        AttemptOperation operation = Recorded.Attempts[request.Index];
        if (operation.Verdict != HistoryVerdict.Unknown || verdict == HistoryVerdict.Unknown) return;
        Recorded.Attempts[request.Index] = operation with { Verdict = verdict, Return = ++ticks };
    }

    private void ChangeSite()
    {
        int index = random.Next(siteKeys.Length);
        Site site = Current(index);
        long call = ++ticks;
        SiteOperationKind kind;
        Site changed = site with { Version = site.Version + 1 };
        if (!site.IsActive)
        {
            kind = SiteOperationKind.Enable;
            changed = changed with { Policy = site.Policy with { Disabled = false } };
        }
        else if (random.Next(3) == 0)
        {
            kind = SiteOperationKind.Disable;
            changed = changed with { Policy = site.Policy with { Disabled = true } };
        }
        else
        {
            kind = SiteOperationKind.RotateImmediate;
            changed = changed with { Generation = site.Generation.Next() };
        }

        sites.Publish(changed);
        int made = kind == SiteOperationKind.RotateImmediate ? changed.Generation.Value : SiteOperation.UnknownGeneration;
        Recorded.SiteOperations.Add(new SiteOperation(kind, index, call, ++ticks, site.Generation.Value, made));
    }

    private void Crash()
    {
        if (random.Next(2) == 0) disk.LosePower();
        Restart();
    }

    private void RestartIfDead()
    {
        if (disk.IsDead) Restart();
    }

    private void Restart()
    {
        Recorded.Faults.Add(new FaultMark(FaultMark.Crash, ticks));
        arrived.Clear();
        for (int tries = 0; tries < 10; tries++)
        {
            disk.Revive();
            if (tries == 5) disk.NextFault = () => DiskFault.None;
            try
            {
                service = new SimulatedService(disk, sites, Wall);
                disk.NextFault = NextFault;
                return;
            }
            catch (Exception exception) when (exception is ProcessDeath or IOException)
            {
                // Died, or was refused by its disk, while it started; it is started again.
            }
        }

        throw new InvalidOperationException("The ledger does not open on a disk without faults.");
    }

    // After the faults everything spent must be known as spent, and the ledger must hold what was acknowledged.
    private void Heal()
    {
        disk.NextFault = () => DiskFault.None;
        (skew, faultsAreOver) = (0, true);
        disk.LosePower();
        Restart();
        network.Clear();
        for (int token = 0; token < tokens.Count; token++)
            Send(token, new AttemptKey(9, (ulong)token + 1), Current(tokens[token].Site).Generation.Value);
        foreach (Request request in network)
        {
            RedemptionOperation operation = new(request.Redemption);
            service.Turn([operation], Wall);
            Looks.Answered([operation]);
            Answer(request, VerdictOf(operation.Outcome.Status));
        }

        for (int token = 0; token < tokens.Count; token++) Look(token);
        disk.LosePower();
        Dictionary<UInt128, UInt128> redemptions = [];
        LedgerRecovery.Found found = new LedgerRecovery(
            disk,
            fact => redemptions.Add(new UInt128(fact.Token.High, fact.Token.Low), new UInt128(fact.Attempt.High, fact.Attempt.Low)),
            _ => { }).Run();
        Recorded.Ledger = new LedgerContent(redemptions, (found.Newest!.Horizon.Value - Start) * TicksPerSecond);
    }

    private DiskFault NextFault()
    {
        if (faultsAreOver || random.NextDouble() >= faultRate) return DiskFault.None;
        DiskFault fault = (DiskFault)random.Next(1, 5);
        Recorded.Faults.Add(new FaultMark(fault.ToString(), ticks));
        return fault;
    }

    private Site Current(int index) => sites.TryGet(siteKeys[index], out Site site) ? site : throw new InvalidOperationException();

    private SiteKey NewKey() => new((ulong)random.NextInt64(), (ulong)random.NextInt64());

    private static HistoryVerdict VerdictOf(RedemptionStatus status) => status switch
    {
        RedemptionStatus.Redeemed or RedemptionStatus.Replayed => HistoryVerdict.Success,
        RedemptionStatus.Duplicate => HistoryVerdict.Duplicate,
        RedemptionStatus.Expired => HistoryVerdict.Expired,
        RedemptionStatus.Retired => HistoryVerdict.InvalidSecret,
        _ => HistoryVerdict.Unknown,
    };

    private sealed record Request(int Index, RedemptionRequest Redemption);
}
