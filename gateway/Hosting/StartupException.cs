namespace CaptchaCluster.Gateway.Hosting;

/// <summary>The start is refused. The message is one line for standard error: it names the thing, its value and what is allowed.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(OneLine(message), inner)
{
    /// <summary>What the process ends with; 1 is left to crashes.</summary>
    public const int ExitCode = 2;

    private static string OneLine(string text) => string.Create(text.Length, text, static (line, source) =>
    {
        for (int i = 0; i < line.Length; i++) line[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });
}
