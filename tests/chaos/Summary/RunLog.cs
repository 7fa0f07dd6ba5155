namespace CaptchaCluster.Tests.Chaos.Summary;

/// <summary>What was done to the node and when, one line each, written at once.</summary>
internal sealed class RunLog(string path) : IDisposable
{
    private readonly StreamWriter writer = new(path, append: true) { AutoFlush = true };

    public string Path => path;

    public void Write(string what) => writer.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}");

    public void Dispose() => writer.Dispose();
}
