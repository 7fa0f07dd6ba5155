namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>A gateway over one data directory, through all its processes. What became of each is left in a folder.</summary>
internal sealed class ChaosNode(string dataDirectory, FakeClock? clock, string folder) : IAsyncDisposable
{
    /// <summary>Short, so that redemptions are forgotten while the run lasts.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(10);

    // What still waits for an answer uses its client, so they are kept to the end.
    private readonly List<Incarnation> past = [];
    private volatile TaskCompletionSource<Incarnation> serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GatewayProcess? process;
    private int starts;

    public string DataDirectory => dataDirectory;

    public GatewayProcess Process => process ?? throw new InvalidOperationException("The node was not started.");

    /// <summary>Completes while it serves, or once it serves again.</summary>
    public Task<Incarnation> ServingAsync() => serving.Task;

    public GatewayCommand Command => new(dataDirectory)
    {
        Environment = new Dictionary<string, string>(clock?.Environment ?? new Dictionary<string, string>())
        {
            ["DOTNET_TieredPGO"] = "0", // a process that lives for seconds gains nothing by it
            ["Gateway__InvalidSecretsPerSecond"] = "0", // what comes after a rotation must be judged, and all of it comes from one address
            ["Redemption__MaxClockSkewSeconds"] = $"{(int)MaxClockSkew.TotalSeconds}",
        },
    };

    /// <summary>Starts it after its process has ended, and waits until it serves.</summary>
    public async Task StartAsync()
    {
        await LaunchAsync();
        await Process.AnnouncedAsync();
        Incarnation incarnation = new(Process);
        past.Add(incarnation);
        serving.SetResult(incarnation);
    }

    /// <summary>Starts it after its process has ended, and does not wait.</summary>
    public async Task LaunchAsync()
    {
        await CloseProcessAsync();
        starts++;
        process = GatewayProcess.Launch(Command);
    }

    /// <summary>Ends it in the middle of whatever it does (SIGKILL).</summary>
    public void Kill()
    {
        GoOutOfService();
        Process.Kill();
    }

    /// <summary>Asks it to end (SIGTERM).</summary>
    public void Terminate()
    {
        GoOutOfService();
        Process.Terminate();
    }

    /// <summary>Waits until it has ended after <see cref="Terminate"/>, which it must do without complaint.</summary>
    public async Task StoppedAsync()
    {
        await Process.EndedAsync();
        if (Process.Exit is { Code: not 0 } exit) throw new InvalidOperationException($"Stopped by SIGTERM it ended with {exit.Code}: {exit.Errors}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Incarnation incarnation in past) incarnation.Dispose();
        await CloseProcessAsync();
    }

    private void GoOutOfService()
    {
        if (serving.Task.IsCompleted) serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private async Task CloseProcessAsync()
    {
        if (process is not { } ended) return;
        process = null;
        await ended.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, $"process-{starts:000}.log"), $"{ended.Output}\n{ended.Errors}\n");
    }
}
