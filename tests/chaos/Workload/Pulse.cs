using System.Diagnostics;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>How the callers fare, counted as it happens, for whoever has to see a fault bite or heal.</summary>
internal sealed class Pulse
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Lock gate = new();
    private (Action Act, int Sends)? awaited;
    private long answered, undecided, cutOff, hungUp;
    private TimeSpan slowestSuccess;

    public long Answered => Interlocked.Read(ref answered);

    /// <summary>Answers that said 503.</summary>
    public long Undecided => Interlocked.Read(ref undecided);

    /// <summary>Requests that were sent and whose connection broke.</summary>
    public long CutOff => Interlocked.Read(ref cutOff);

    /// <summary>Requests whose caller gave up waiting.</summary>
    public long HungUp => Interlocked.Read(ref hungUp);

    /// <summary>Since it was last reset.</summary>
    public TimeSpan SlowestSuccess
    {
        get
        {
            lock (gate) return slowestSuccess;
        }
    }

    public void ResetSlowestSuccess()
    {
        lock (gate) slowestSuccess = default;
    }

    /// <summary>To be called right after a request was sent.</summary>
    public void Sent()
    {
        if (awaited is null) return;
        lock (gate)
        {
            if (awaited is not { } waiting) return;
            awaited = waiting.Sends > 1 ? (waiting.Act, waiting.Sends - 1) : null;
            if (awaited is null) waiting.Act();
        }
    }

    public void Heard(Answer answer, TimeSpan elapsed)
    {
        if (answer.HasCome) Interlocked.Increment(ref answered);
        else if (answer.Failure is OperationCanceledException) Interlocked.Increment(ref hungUp);
        else if (answer.WasCutOff) Interlocked.Increment(ref cutOff);
        if (answer.IsUndecided) Interlocked.Increment(ref undecided);
        if (answer.Verdict != Verdict.Success) return;
        lock (gate)
        {
            if (elapsed > slowestSuccess) slowestSuccess = elapsed;
        }
    }

    /// <summary>Acts right after a request was sent, a moment that a timer would seldom meet.</summary>
    /// <param name="sends">Which one from now on.</param>
    /// <param name="act">Does not block.</param>
    public Task AtSendAsync(int sends, Action act)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            awaited = (() =>
            {
                act();
                done.SetResult();
            }, sends);
        }

        return done.Task.WaitAsync(GatewayProcess.Patience);
    }

    /// <summary>Waits until something is so; fails where it does not come about for very long.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        for (Stopwatch waited = Stopwatch.StartNew(); !isSo(); await Task.Delay(Look))
        {
            if (waited.Elapsed > GatewayProcess.Patience) throw new TimeoutException($"Waited {waited.Elapsed} in vain: {what}.");
        }
    }
}
