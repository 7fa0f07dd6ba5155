using System.Globalization;

namespace CaptchaCluster.Bench.Servers;

/// <summary>What Linux tells of a process, from <c>/proc</c>.</summary>
internal static class ProcessUse
{
    /// <summary>Per second, in <c>/proc</c>; the same on every Linux that .NET runs on.</summary>
    private const long ClockTicks = 100;

    private const string ResidentLine = "VmRSS:";

    /// <summary>Time that its threads were on a processor, in steps of 10 ms.</summary>
    public static TimeSpan Cpu(int process)
    {
        // The name, in parentheses, may hold anything; the numbers follow it.
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const int UserTime = 11;
        return Ticks(Number(fields[UserTime]) + Number(fields[UserTime + 1]));
    }

    /// <summary>Time that all processors of the machine were busy with anything, in steps of 10 ms.</summary>
    public static TimeSpan MachineCpu()
    {
        // cpu user nice system idle iowait irq softirq steal; guests are counted as users.
        long[] fields = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(Number)];
        const int Idle = 3;
        return Ticks(fields.Sum() - fields[Idle] - fields[Idle + 1]);
    }

    /// <summary>Bytes of memory it occupies.</summary>
    public static long Resident(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(ResidentLine, StringComparison.Ordinal));
        return Number(line[ResidentLine.Length..].Trim().Split(' ')[0]) * 1024;
    }

    private static TimeSpan Ticks(long ticks) => TimeSpan.FromSeconds((double)ticks / ClockTicks);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
