using System.Globalization;

namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// The seed of what these tests choose: 1, or what the environment says. Threads and processes interleave as they like, so it
/// repeats the choices and not the run.
/// </summary>
internal static class ProcessSeed
{
    private const string Variable = "PROCESS_SEED";

    public static int Value { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int seed) ? seed : 1;

    public static string Describe(int seed) => $"{Variable}={seed}";
}
