using System.Net;
using CaptchaCluster.Tests.Chaos.Workload;

namespace CaptchaCluster.Tests.Chaos.Node;

/// <summary>A gateway or a silo, through all its processes. What became of each is left in a folder.</summary>
/// <param name="start">How it is started, but for the settings that all nodes have.</param>
/// <param name="folder">For what its processes say.</param>
/// <param name="clock">That it goes by, where that can be set.</param>
/// <param name="excuses">A start that is refused with one of these is made again, as whoever supervises it would.</param>
/// <param name="all">How the callers of all nodes fare.</param>
internal sealed class ChaosNode(
    GatewayCommand start, string folder, FakeClock? clock, IReadOnlyList<string> excuses, Pulse all) : IAsyncDisposable
{
    /// <summary>Short, so that redemptions are forgotten while the run lasts.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(10);

    // What still waits for an answer uses its client, so they are kept to the end.
    private readonly List<Incarnation> past = [];
    private volatile TaskCompletionSource<Incarnation> serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GatewayProcess? process;
    private int starts;

    public string DataDirectory => start.DataDirectory;

    public FakeClock? Clock => clock;

    /// <summary>How its callers fare.</summary>
    public Pulse Pulse { get; } = new(all);

    public GatewayProcess Process => process ?? throw new InvalidOperationException("The node was not started.");

    /// <summary>Completes while it serves, or once it serves again.</summary>
    public Task<Incarnation> ServingAsync() => serving.Task;

    public GatewayCommand Command => start with
    {
        Environment = new Dictionary<string, string>([.. start.Environment, .. clock?.Environment ?? new Dictionary<string, string>()])
        {
            ["DOTNET_TieredPGO"] = "0", // a process that lives for seconds gains nothing by it
            ["Redemption__MaxClockSkewSeconds"] = $"{(int)MaxClockSkew.TotalSeconds}",
        },
    };

    /// <summary>Starts it after its process has ended, and waits until it serves.</summary>
    public async Task StartAsync()
    {
        for (long began = TimeProvider.System.GetTimestamp(); ;)
        {
            await LaunchAsync();
            try
            {
                await Process.AnnouncedAsync();
                break;
            }
            catch (InvalidOperationException) when (IsExcused && TimeProvider.System.GetElapsedTime(began) < GatewayProcess.Patience)
            {
                // On a busy machine.
            }
        }

        Incarnation incarnation = new(Process, Pulse);
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

    /// <summary>Nothing is sent to it before it serves again.</summary>
    public void GoOutOfService()
    {
        if (serving.Task.IsCompleted) serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    public async Task<bool> IsReadyAsync() => await Process.HealthAsync("/healthz/ready") == HttpStatusCode.OK;

    /// <summary>How often it has said that it forgets nothing, because its clock jumped.</summary>
    public int CountFreezes() => Process.Output.CountOf(line => line.Contains(" event=PurgeFrozen "));

    public async ValueTask DisposeAsync()
    {
        foreach (Incarnation incarnation in past) incarnation.Dispose();
        await CloseProcessAsync();
    }

    private bool IsExcused => excuses.Any(excuse => Process.Errors.ToString().Contains(excuse, StringComparison.Ordinal));

    private async Task CloseProcessAsync()
    {
        if (process is not { } ended) return;
        process = null;
        await ended.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, $"process-{starts:000}.log"), $"{ended.Output}\n{ended.Errors}\n");
    }
}
