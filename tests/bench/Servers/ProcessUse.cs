using System.Globalization;

namespace CaptchaCluster.Bench.Servers;

/// <summary>What Linux tells of a process, from <c>/proc</c>.</summary>
internal static class ProcessUse
{
    /// <summary>Per second, in <c>/proc</c>; the same on every Linux that .NET runs on.</summary>
    private const long ClockTicks = 100;

    private const int Parent = 1;
    private const int UserTime = 11; // followed by that in the kernel

    private const string ResidentLine = "VmRSS:";

    /// <summary>Time that its threads were on a processor, in steps of 10 ms.</summary>
    public static TimeSpan Cpu(int process)
    {
        string[] fields = Fields(process);
        return Ticks(Number(fields[UserTime]) + Number(fields[UserTime + 1]));
    }

    /// <summary>The same, with that of the children it has and of those it had.</summary>
    public static TimeSpan CpuWithChildren(int process)
    {
        string[] own = Fields(process);
        TimeSpan sum = Ticks(own[UserTime..(UserTime + 4)].Sum(Number)); // after its own two, those of the children that have ended
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out int id)) continue;
            try
            {
                string[] fields = Fields(id);
                if (Number(fields[Parent]) == process) sum += Ticks(Number(fields[UserTime]) + Number(fields[UserTime + 1]));
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        return sum;
    }

    /// <summary>Time that all processors of the machine were busy with anything, in steps of 10 ms.</summary>
    public static TimeSpan MachineCpu()
    {
        // cpu user nice system idle iowait irq softirq steal; guests are counted as users.
        long[] fields = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(Number)];
        const int Idle = 3;
        return Ticks(fields.Sum() - fields[Idle] - fields[Idle + 1]);
    }

    /// <summary>Bytes that went over the loopback interface, headers included, whoever sent them.</summary>
    public static long LoopbackBytes()
    {
        // lo: received bytes, packets …; what was received is what was sent.
        const string Name = "lo:";
        string line = File.ReadLines("/proc/net/dev").First(line => line.TrimStart().StartsWith(Name, StringComparison.Ordinal));
        return Number(line[(line.IndexOf(Name, StringComparison.Ordinal) + Name.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
    }

    /// <summary>Bytes of memory it occupies.</summary>
    public static long Resident(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(ResidentLine, StringComparison.Ordinal));
        return Number(line[ResidentLine.Length..].Trim().Split(' ')[0]) * 1024;
    }

    private static string[] Fields(int process)
    {
        // The name, in parentheses, may hold anything; the numbers follow it.
        string stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static TimeSpan Ticks(long ticks) => TimeSpan.FromSeconds((double)ticks / ClockTicks);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
