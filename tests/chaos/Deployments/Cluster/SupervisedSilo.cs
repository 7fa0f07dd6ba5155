using System.Net;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Summary;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Network;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>A silo, and what starts it again whenever it has ended. One that was voted out ends by itself.</summary>
/// <param name="number">From 0.</param>
/// <param name="node">Its processes.</param>
/// <param name="address">Where the other silos reach it.</param>
/// <param name="way">To the database.</param>
/// <param name="place">In the network; null where there is none of its own.</param>
/// <param name="log">Of the run.</param>
internal sealed class SupervisedSilo(
    int number, ChaosNode node, IPEndPoint address, CuttingProxy way, PrivateNetwork.Member? place, RunLog log) : IAsyncDisposable
{
    private const int InOrder = 0, VotedOut = 134, Killed = 137;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private Task supervised = Task.CompletedTask;
    private volatile bool stopping;
    private volatile Task mayStart = Task.CompletedTask;
    private volatile int ends;
    private volatile int voteOuts;

    public int Number => number;

    public IPEndPoint Address => address;

    public CuttingProxy Way => way;

    public PrivateNetwork.Member Place => place ?? throw new InvalidOperationException("There is no network of its own here.");

    public GatewayProcess Process => node.Process;

    /// <summary>How often it has ended.</summary>
    public int Ends => ends;

    /// <summary>How often it ended because the others held it for dead.</summary>
    public int VoteOuts => voteOuts;

    public async Task StartAsync()
    {
        await node.StartAsync();
        supervised = SuperviseAsync();
    }

    /// <summary>Completes once it serves.</summary>
    public Task ServingAsync() => node.ServingAsync().WaitAsync(GatewayProcess.Patience);

    /// <summary>Serves, and its own word is that it can record.</summary>
    public async Task ReadyAsync()
    {
        await ServingAsync();
        await Pulse.UntilAsync(node.IsReadyAsync, $"the word of silo {number} that it is ready");
    }

    /// <summary>Completes once it has ended again, and serves.</summary>
    /// <param name="known">What <see cref="Ends"/> was before.</param>
    public async Task StartedAgainAsync(int known)
    {
        await EndedAsync(known);
        await ServingAsync();
    }

    /// <summary>Completes once it has ended again.</summary>
    public Task EndedAsync(int known) => Pulse.UntilAsync(() => ends > known, $"the end of silo {number}");

    /// <summary>Whatever has ended, or ends, is not started before this is disposed of.</summary>
    public IDisposable HoldStarts()
    {
        StartHold hold = new();
        mayStart = hold.Task;
        return hold;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => node.Kill();

    /// <summary>SIGTERM.</summary>
    public void Terminate() => node.Terminate();

    /// <summary>For good, in order.</summary>
    public async Task StopAsync()
    {
        stopping = true;
        await supervised;
        if (node.Process.HasEnded) return;
        node.Terminate();
        await node.Process.EndedAsync();
        Judge(node.Process.Exit);
    }

    public async ValueTask DisposeAsync()
    {
        stopping = true;
        await Task.WhenAny(supervised); // what it failed of is in the log
        await node.DisposeAsync();
    }

    private async Task SuperviseAsync()
    {
        try
        {
            while (!stopping)
            {
                await Task.Delay(Look);
                if (node.Process.HasEnded) await StartAgainAsync();
            }
        }
        catch (Exception exception)
        {
            log.Write($"  silo {number}: {exception}");
            throw;
        }
    }

    private async Task StartAgainAsync()
    {
        node.GoOutOfService();
        await node.Process.EndedAsync();
        Judge(node.Process.Exit);
        ends++;
        await mayStart;
        if (!stopping) await node.StartAsync();
    }

    private void Judge(GatewayExit exit)
    {
        if (exit.Code is not (InOrder or VotedOut or Killed)) throw new InvalidOperationException($"Silo {number} ended with {exit.Code}: {exit.Errors}");
        log.Write($"  silo {number} ended with {exit.Code}");
        if (exit.Code == VotedOut) voteOuts++;
    }

    private sealed class StartHold : IDisposable
    {
        private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => over.Task;

        public void Dispose() => over.SetResult();
    }
}
