using System.Globalization;
using System.Text;

namespace CaptchaCluster.Tests.History;

/// <summary>One broken promise.</summary>
/// <param name="Rule">What was broken.</param>
/// <param name="Explanation">For people: the offending operations and why they cannot be.</param>
/// <param name="Attempts">The offending operations' positions in <see cref="RecordedHistory.Attempts"/>.</param>
public sealed record Violation(Rule Rule, string Explanation, IReadOnlyList<int> Attempts)
{
    public string Invariant => Rule.Invariant();

    public override string ToString() => $"{Invariant} {Rule}: {Explanation}";
}

/// <summary>What a check found. Of each rule the first violations are kept, all are counted.</summary>
public sealed class CheckReport
{
    internal CheckReport(IReadOnlyList<Violation> violations, IReadOnlyDictionary<Rule, long> violationsByRule, HistoryCounts counts)
    {
        Violations = violations;
        ViolationsByRule = violationsByRule;
        Counts = counts;
    }

    public IReadOnlyList<Violation> Violations { get; }
    public IReadOnlyDictionary<Rule, long> ViolationsByRule { get; }
    public HistoryCounts Counts { get; }
    public bool IsClean => ViolationsByRule.Count == 0;

    public bool Breaks(Rule rule) => ViolationsByRule.ContainsKey(rule);

    /// <summary>The same report with a <see cref="Rule.Vacuous"/> violation for each minimum the run did not reach.</summary>
    public CheckReport Require(MinimumCounts minimum)
    {
        var shortfalls = minimum.Shortfalls(Counts).ToList();
        if (shortfalls.Count == 0) return this;
        var byRule = new Dictionary<Rule, long>(ViolationsByRule);
        byRule[Rule.Vacuous] = byRule.GetValueOrDefault(Rule.Vacuous) + shortfalls.Count;
        return new([.. Violations, .. shortfalls.Select(s => new Violation(Rule.Vacuous, s, []))], byRule, Counts);
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(Counts).AppendLine();
        foreach (var (rule, count) in ViolationsByRule)
            text.AppendLine(CultureInfo.InvariantCulture, $"{rule.Invariant()} {rule}: {count}");
        foreach (var violation in Violations) text.AppendLine(violation.ToString());
        return text.ToString();
    }
}

/// <summary>Collects violations; a broken run of ten million attempts must not become ten million explanations.</summary>
internal sealed class ViolationLog(RecordedHistory history)
{
    private const int KeptPerRule = 20;
    private readonly List<Violation> _kept = [];
    private readonly Dictionary<Rule, long> _byRule = [];

    public void Add(Rule rule, string why, params ReadOnlySpan<int> attempts)
    {
        var count = _byRule[rule] = _byRule.GetValueOrDefault(rule) + 1;
        if (count > KeptPerRule) return;
        var text = new StringBuilder(why);
        foreach (var index in attempts) text.Append("; ").Append(Describe(index));
        _kept.Add(new(rule, text.ToString(), attempts.ToArray()));
    }

    public CheckReport Report(HistoryCounts counts) => new(_kept, _byRule, counts);

    private string Describe(int index)
    {
        var op = history.Attempts[index];
        var token = history.Tokens[op.Token];
        var returned = op.Return == AttemptOperation.Never ? "never" : op.Return.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture,
            $"#{index} token {token.Id:x} (site {token.Site}, expiry {token.Expiry}) attempt {op.Attempt:x} "
            + $"site {op.Site} generation {op.Generation} [{op.Call}, {returned}] {op.Verdict}");
    }
}
