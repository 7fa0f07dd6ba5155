using System.Globalization;

namespace CaptchaCluster.Tests.History;

/// <summary>Saves and loads a history as text, one fact per line, so that a failing run can be kept, read, cut down and judged again.</summary>
public static class HistoryText
{
    private const string Never = "-";

    public static void Save(RecordedHistory history, TextWriter to)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(to);
        void Line(FormattableString line) => to.WriteLine(line.ToString(CultureInfo.InvariantCulture));

        Line($"clock {history.Clock.Epsilon} {history.Clock.Retention}");
        foreach (var t in history.Tokens) Line($"token {t.Id:x} {t.Site} {Time(t.Expiry)}");
        foreach (var o in history.SiteOperations)
            Line($"site {o.Kind} {o.Site} {o.Call} {Time(o.Return)} {o.OldGeneration} {o.NewGeneration} {Time(o.GraceEnd)}");
        foreach (var f in history.Faults) Line($"fault {f.Kind} {f.Time} {(f.Healed ? "healed" : "injected")}");
        foreach (var p in history.Purges) Line($"purge {p.Time} {p.Horizon}");
        foreach (var s in history.ClockShifts) Line($"shift {s.Begun} {s.Done} {s.Offset} {(s.StopsPurging ? "frozen" : "believed")}");
        foreach (var c in history.VerifierClocks) Line($"verifier {c.From} {c.Until} {c.Offset}");
        foreach (var o in history.Outages) Line($"outage {o.From} {o.Until}");
        foreach (var a in history.Attempts)
        {
            var key = a.Anonymous ? "anonymous" : "keyed";
            Line($"attempt {a.Token} {a.Attempt:x} {a.Site} {a.Generation} {a.Call} {Time(a.Return)} {a.Verdict} {key}");
        }
        foreach (var (time, content) in history.LedgerReadings) Ledger($"reading {time} {content.PurgeHorizon}", content);
        if (history.Ledger is { } last) Ledger($"ledger {last.PurgeHorizon}", last);

        void Ledger(FormattableString line, LedgerContent content)
        {
            Line(line);
            foreach (var (token, attempt) in content.Redemptions) Line($"redemption {token:x} {attempt:x}");
        }
    }

    /// <exception cref="FormatException">A line is not one of ours; the message has its number.</exception>
    public static RecordedHistory Load(TextReader from)
    {
        ArgumentNullException.ThrowIfNull(from);
        var history = new RecordedHistory();
        var redemptions = new Dictionary<UInt128, UInt128>();
        var number = 0;
        while (from.ReadLine() is { } line)
        {
            number++;
            try
            {
                Read(line.Split(' '), history, ref redemptions);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
            {
                throw new FormatException($"line {number}: {line}", e);
            }
        }
        return history;
    }

    private static void Read(string[] f, RecordedHistory history, ref Dictionary<UInt128, UInt128> redemptions)
    {
        switch (f[0])
        {
            case "clock":
                history.Clock = new(Long(f[1]), Long(f[2]));
                break;
            case "token":
                history.Tokens.Add(new(Hex(f[1]), Int(f[2]), TimeOf(f[3])));
                break;
            case "site":
                history.SiteOperations.Add(new(
                    Enum.Parse<SiteOperationKind>(f[1]), Int(f[2]), Long(f[3]), TimeOf(f[4]), Int(f[5]), Int(f[6]), TimeOf(f[7])));
                break;
            case "fault":
                history.Faults.Add(new(f[1], Long(f[2]), Is(f[3], "healed", "injected")));
                break;
            case "purge":
                history.Purges.Add(new(Long(f[1]), Long(f[2])));
                break;
            case "attempt":
                history.Attempts.Add(new(
                    Hex(f[2]), Long(f[5]), TimeOf(f[6]), Int(f[1]), Int(f[3]), Int(f[4]),
                    Enum.Parse<Verdict>(f[7]), Is(f[8], "anonymous", "keyed")));
                break;
            case "shift":
                history.ClockShifts.Add(new(Long(f[1]), Long(f[2]), Long(f[3]), Is(f[4], "frozen", "believed")));
                break;
            case "verifier":
                history.VerifierClocks.Add(new(Long(f[1]), Long(f[2]), Long(f[3])));
                break;
            case "outage":
                history.Outages.Add(new(Long(f[1]), Long(f[2])));
                break;
            case "reading":
                history.LedgerReadings.Add(new(Long(f[1]), new(redemptions = [], Long(f[2]))));
                break;
            case "ledger":
                history.Ledger = new(redemptions = [], Long(f[1]));
                break;
            case "redemption":
                redemptions.Add(Hex(f[1]), Hex(f[2]));
                break;
            default:
                throw new FormatException($"'{f[0]}' is no kind of line.");
        }
    }

    private static string Time(long ticks) => ticks == AttemptOperation.Never ? Never : ticks.ToString(CultureInfo.InvariantCulture);

    private static long TimeOf(string text) => text == Never ? AttemptOperation.Never : Long(text);

    private static long Long(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static UInt128 Hex(string text) => UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static bool Is(string text, string yes, string no) =>
        text == yes || (text == no ? false : throw new FormatException($"'{text}' is neither {yes} nor {no}."));
}
