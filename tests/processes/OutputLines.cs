namespace CaptchaCluster.Tests.Processes;

/// <summary>What a process writes, line by line, for any number of readers.</summary>
internal sealed class OutputLines
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Found)> awaited = [];
    private bool ended;

    /// <summary>Null at the end of the output.</summary>
    public void Add(string? line)
    {
        lock (gate)
        {
            if (line is null) ended = true;
            else lines.Add(line);
            foreach ((Func<string, bool> matches, TaskCompletionSource<string> found) in awaited)
            {
                if (line is null) found.TrySetException(Missing());
                else if (matches(line)) found.TrySetResult(line);
            }
        }
    }

    /// <summary>The first line that matches, past or future. Fails when the output ends without it.</summary>
    public Task<string> FirstAsync(Func<string, bool> matches)
    {
        lock (gate)
        {
            if (lines.Find(line => matches(line)) is { } past) return Task.FromResult(past);
            if (ended) return Task.FromException<string>(Missing());
            TaskCompletionSource<string> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
            awaited.Add((matches, found));
            return found.Task;
        }
    }

    public int CountOf(Func<string, bool> matches)
    {
        lock (gate) return lines.Count(matches);
    }

    public override string ToString()
    {
        lock (gate) return string.Join('\n', lines);
    }

    private static EndOfStreamException Missing() => new("The output ended without the line that was waited for.");
}
