using System.Text;

namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>What came of a run.</summary>
internal sealed class FuzzReport(FuzzOptions options, TimeSpan elapsed, IReadOnlyList<TargetTally> tallies)
{
    public IEnumerable<Finding> Findings => tallies.SelectMany(tally => tally.Findings);

    public long Inputs => tallies.Sum(tally => tally.Accepted + tally.Refused);

    /// <summary>Parsers that took everything, or nothing: of those the run says little.</summary>
    public IEnumerable<string> Vacuous => tallies.Where(tally => tally.Accepted == 0 || tally.Refused == 0).Select(tally => tally.Name);

    public bool IsClean => !Findings.Any() && !Vacuous.Any();

    public string Compose()
    {
        StringBuilder text = new();
        text.AppendLine($"seed {options.Seed}: {Inputs} inputs in {elapsed.TotalSeconds:0} s on {options.Threads} threads, {Inputs / elapsed.TotalSeconds:0} a second");
        foreach (TargetTally tally in tallies)
            text.AppendLine($"  {tally.Name,-10} {tally.Accepted,12} taken {tally.Refused,12} refused {tally.Wrong,8} wrong");
        foreach (Finding finding in Findings)
            text.AppendLine($"WRONG: {finding.Target}, {finding.Origin}: {finding.Wrong}\n  base64: {Convert.ToBase64String(finding.Input)}");
        foreach (string name in Vacuous) text.AppendLine($"FAILED: {name} took everything or nothing");
        return text.ToString();
    }
}
