namespace CaptchaCluster.Tests.History;

/// <summary>How far the run's clocks may be apart and how long redemptions are kept, in observer ticks.</summary>
/// <param name="Epsilon">Upper bound of |any authority's clock − observer's clock| apart from <see cref="ClockShift"/>s, including the
/// rounding of expiries to seconds.</param>
/// <param name="Retention">How long past its expiry a redemption is kept and replayed (<c>MaxClockSkew</c>).</param>
public readonly record struct ClockBounds(long Epsilon, long Retention)
{
    public static ClockBounds From(TimeProvider time, TimeSpan epsilon, TimeSpan retention) =>
        new(Ticks(time, epsilon), Ticks(time, retention));

    internal static long Ticks(TimeProvider time, TimeSpan span) =>
        (long)((Int128)span.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);
}

/// <summary>A minted token.</summary>
/// <param name="Id">The id it carries, which is also its key in the ledger.</param>
/// <param name="Site">The site that issued it.</param>
/// <param name="Expiry">In observer ticks; <see cref="long.MaxValue"/> never expires.</param>
public readonly record struct TokenInfo(UInt128 Id, int Site, long Expiry);

/// <summary>A fault that was injected, or healed.</summary>
/// <param name="Kind">One word without blanks; <see cref="Crash"/> is the one that is counted apart.</param>
/// <param name="Time">When the fault, or its healing, was complete.</param>
/// <param name="Healed">This marks the end of the fault.</param>
public readonly record struct FaultMark(string Kind, long Time, bool Healed = false)
{
    public const string Crash = "crash";
}

/// <summary>At <paramref name="Time"/> the purge horizon had been seen durable: tokens with an expiry at or below it are gone.</summary>
public readonly record struct PurgeMark(long Time, long Horizon);

/// <summary>What the ledger held.</summary>
/// <param name="Redemptions">Token id to attempt key.</param>
/// <param name="PurgeHorizon">Tokens with an expiry at or below this observer tick may have been dropped.</param>
public sealed record LedgerContent(IReadOnlyDictionary<UInt128, UInt128> Redemptions, long PurgeHorizon = long.MinValue);

/// <summary>A look at the ledger during the run: what had been answered before <paramref name="Time"/> has to be in it.</summary>
public readonly record struct LedgerReading(long Time, LedgerContent Content);

/// <summary>
/// The authority's wall clock was set, between two instants, and kept its distance from the observer's until the next shift.
/// Before the first it had none.
/// </summary>
/// <param name="Begun">Not before.</param>
/// <param name="Done">Not after.</param>
/// <param name="Offset">Observer ticks by which it was ahead from then on.</param>
/// <param name="StopsPurging">The authority had to notice, and to forget nothing while it lasted.</param>
public readonly record struct ClockShift(long Begun, long Done, long Offset, bool StopsPurging = false);

/// <summary>
/// Between two instants some verifier that is not the authority went by a clock of its own. It refuses what it takes for
/// expired, and whether it does so late or early: what a token is worth only the authority decides.
/// </summary>
/// <param name="From">Not after.</param>
/// <param name="Until">Not before.</param>
/// <param name="Offset">Observer ticks by which it was ahead.</param>
public readonly record struct VerifierClock(long From, long Until, long Offset);

/// <summary>From one instant to the other the ledger could provably not commit (I9).</summary>
public readonly record struct Outage(long From, long Until);

/// <summary>Everything one run's observer saw; what <see cref="HistoryChecker"/> judges.</summary>
/// <remarks>Every request that was sent must be in it, those without an answer as <see cref="Verdict.Unknown"/>: a missing
/// request would make its effects look like phantoms.</remarks>
public sealed class RecordedHistory
{
    public ClockBounds Clock { get; set; }
    public List<TokenInfo> Tokens { get; } = [];
    public List<AttemptOperation> Attempts { get; } = [];
    public List<SiteOperation> SiteOperations { get; } = [];
    public List<FaultMark> Faults { get; } = [];
    public List<PurgeMark> Purges { get; } = [];

    /// <summary>In the order of time.</summary>
    public List<ClockShift> ClockShifts { get; } = [];
    public List<VerifierClock> VerifierClocks { get; } = [];
    public List<Outage> Outages { get; } = [];
    public List<LedgerReading> LedgerReadings { get; } = [];

    /// <summary>After the run. Null where nobody read it then.</summary>
    public LedgerContent? Ledger { get; set; }
}
