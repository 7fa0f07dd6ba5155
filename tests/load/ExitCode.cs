namespace CaptchaCluster.Tests.Load;

internal static class ExitCode
{
    /// <summary>Every verdict that came was the right one.</summary>
    public const int AllRight = 0;

    /// <summary>A verdict was wrong.</summary>
    public const int WrongVerdict = 1;

    /// <summary>The test could not be run, or nothing was answered.</summary>
    public const int NotRun = 2;
}
