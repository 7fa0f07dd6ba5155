namespace CaptchaCluster.Tests.Chaos;

internal static class ExitCode
{
    /// <summary>No promise was broken, and every fault bit.</summary>
    public const int AllRight = 0;

    /// <summary>A promise was broken, or the run proves nothing.</summary>
    public const int Failed = 1;

    /// <summary>It could not be run as asked.</summary>
    public const int NotRun = 2;
}
