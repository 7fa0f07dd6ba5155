using System.Globalization;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// How many connections each listener keeps at once (I10). Together they stay below the process's limit of open files:
/// without a descriptor left, neither the ledger nor the runtime can go on.
/// </summary>
internal static class ConnectionLimit
{
    public const int Admin = 64;

    private const int LeastPublic = 64;
    private const int MostPublic = 10_000;

    /// <summary>Descriptors left to the ledger, the sites, the listeners and the runtime itself.</summary>
    private const int Reserve = 256;

    private const string LimitsFile = "/proc/self/limits";
    private const string OpenFiles = "Max open files";

    /// <summary>For this process, as far as the system tells its limit.</summary>
    public static int ReadPublic()
    {
        try
        {
            string? line = File.ReadLines(LimitsFile).FirstOrDefault(line => line.StartsWith(OpenFiles, StringComparison.Ordinal));
            return PublicOf(line);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return MostPublic;
        }
    }

    /// <param name="line">As in <c>/proc/self/limits</c>: the name, the soft limit, the hard limit, the unit.</param>
    public static int PublicOf(string? line)
    {
        string? soft = line?[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit)
            ? (int)Math.Clamp(limit - Reserve - Admin, LeastPublic, MostPublic)
            : MostPublic;
    }
}
