using System.Text;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Epochs;

namespace CaptchaCluster.Tests.Chaos.Summary;

/// <summary>All epochs together, and whether they prove anything.</summary>
internal sealed class ChaosReport(ChaosOptions options)
{
    private readonly List<EpochResult> epochs = [];
    private TimeSpan elapsed;

    /// <summary>Kinds that cannot be made here, and why.</summary>
    public IReadOnlyList<(string Kind, string Why)> LeftOut { get; } =
        [.. options.Faults.Where(fault => fault.WhyNot is not null).Select(fault => (fault.Kind, fault.WhyNot!))];

    public int ExitCode => IsClean && Shortfalls.Count == 0 ? Chaos.ExitCode.AllRight : Chaos.ExitCode.Failed;

    public long Attempts => Sum(counts => counts.Attempts);

    /// <summary>Faults that were seen to have their effect.</summary>
    public int Faults => epochs.Sum(epoch => epoch.Strikes.Count(strike => strike.HasBitten));

    private int Unheard => epochs.Sum(epoch => epoch.Unheard.Redemptions);

    private int Settled => epochs.Sum(epoch => epoch.Unheard.Settled);

    private bool IsClean => epochs.All(epoch => epoch.IsClean);

    private long Violations => epochs.Sum(epoch => epoch.Report?.ViolationsByRule.Values.Sum() ?? 0);

    /// <summary>Why the run proves less than it should. A run that broke a promise is not asked.</summary>
    private List<string> Shortfalls
    {
        get
        {
            List<string> shortfalls = [];
            foreach (string kind in options.Faults.Select(fault => fault.Kind).Except(LeftOut.Select(left => left.Kind)))
                Demand(Bites(kind), $"{kind} that was seen to have its effect");
            Demand(Sum(counts => counts.Success), "success");
            Demand(Sum(counts => counts.Replays), "replay of a success");
            Demand(Sum(counts => counts.Duplicate), "duplicate");
            Demand(Sum(counts => counts.Expired), "expired");
            Demand(Sum(counts => counts.InvalidSecret), "invalid secret");
            Demand(Sum(counts => counts.Refused), "token of another site");
            Demand(Sum(counts => counts.Unknown), "unknown outcome");
            Demand(Sum(counts => counts.Rotations), "rotation");
            if (Unheard > 0) Demand(Settled, "success for what had been recorded without a node being told");
            if (Sum(counts => counts.Unknown) > Attempts / 4) shortfalls.Add("more than a quarter of the outcomes is unknown");
            return shortfalls;

            void Demand(long seen, string what)
            {
                if (seen == 0) shortfalls.Add($"no {what}");
            }
        }
    }

    public void Add(EpochResult epoch, TimeSpan sinceBegin)
    {
        epochs.Add(epoch);
        elapsed = sinceBegin;
    }

    /// <summary>How many of a kind were seen to have their effect.</summary>
    public int Bites(string kind) => epochs.Sum(epoch => epoch.Strikes.Count(strike => strike.Kind == kind && strike.HasBitten));

    /// <summary>How often something was seen from outside, as its stage calls it.</summary>
    public long Seen(string what) => epochs.SelectMany(epoch => epoch.Evidence).Where(seen => seen.What == what).Sum(seen => seen.Count);

    public string Compose()
    {
        StringBuilder text = new();
        Line($"store       {options.Deployment.Store}: {options.Deployment.Description}");
        Line($"seed        {options.Seed}");
        Line($"time        {elapsed.TotalSeconds:0} s in {epochs.Count} epochs");
        Line($"tokens      {epochs.Sum(epoch => (long)epoch.Tokens)}");
        Line($"attempts    {Attempts}, {Attempts / Math.Max(1, elapsed.TotalSeconds):0} a second with all that stood still");
        Line($"  success   {Sum(counts => counts.Success)}, of these replays {Sum(counts => counts.Replays)}");
        Line($"  refused   {Sum(counts => counts.Duplicate)} duplicate, {Sum(counts => counts.Expired)} expired, "
            + $"{Sum(counts => counts.InvalidSecret)} invalid secret, {Sum(counts => counts.Refused)} of another site");
        Line($"  unknown   {Sum(counts => counts.Unknown)}; redemptions in the ledger whose caller got no answer {epochs.Sum(epoch => epoch.LostAcknowledgements)}");
        if (Unheard > 0) Line($"  unheard   {Unheard} redemptions that were recorded without a node being told; of {Settled} of them a caller was told success");
        foreach (string what in epochs.SelectMany(epoch => epoch.Evidence).Select(seen => seen.What).Distinct()) Line($"seen        {Seen(what)} {what}");
        Line($"rotations   {Sum(counts => counts.Rotations)}");
        Line($"faults      {Faults} that were seen to have their effect");
        foreach (string kind in options.Faults.Select(fault => fault.Kind)) ComposeKind(kind);
        Line($"violations  {Violations}");
        foreach (EpochResult failed in epochs.Where(epoch => !epoch.IsClean))
        {
            Line($"FAILED: epoch {failed.Number}; everything of it is in {options.Folder}");
            Line($"{failed.Failure}{failed.Report}");
        }

        if (!IsClean) return text.ToString();
        foreach (string shortfall in Shortfalls) Line($"FAILED: the run proves too little: {shortfall}");
        return text.ToString();

        void Line(string line) => text.AppendLine(line);

        void ComposeKind(string kind)
        {
            int made = epochs.Sum(epoch => epoch.Strikes.Count(strike => strike.Kind == kind));
            string? why = LeftOut.Where(left => left.Kind == kind).Select(left => left.Why).FirstOrDefault();
            Line(why is null ? $"  {kind,-14}{Bites(kind),6} of {made}" : $"  {kind,-14}LEFT OUT: {why}");
        }
    }

    private long Sum(Func<HistoryCounts, long> of) => epochs.Sum(epoch => epoch.Report is { } report ? of(report.Counts) : 0);
}
