using System.Diagnostics;

namespace CaptchaCluster.Tests.Chaos.Workload;

/// <summary>How callers fare, counted as it happens, for whoever has to see a fault bite or heal.</summary>
/// <param name="all">Counts theirs too; null where these are all.</param>
internal sealed class Pulse(Pulse? all = null)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly Lock gate = new();
    private (Action Act, int Sends)? awaited;
    private long sent, heard, answered, succeeded, undecided, cutOff, hungUp;
    private TimeSpan slowestAnswer;

    public long Answered => Interlocked.Read(ref answered);

    public long Succeeded => Interlocked.Read(ref succeeded);

    /// <summary>Requests that were sent and have not ended.</summary>
    public long InFlight => Interlocked.Read(ref sent) - Interlocked.Read(ref heard);

    /// <summary>Answers that said 503.</summary>
    public long Undecided => Interlocked.Read(ref undecided);

    /// <summary>Requests that were sent and whose connection broke.</summary>
    public long CutOff => Interlocked.Read(ref cutOff);

    /// <summary>Requests whose caller gave up waiting.</summary>
    public long HungUp => Interlocked.Read(ref hungUp);

    /// <summary>Since it was last reset.</summary>
    public TimeSpan SlowestAnswer
    {
        get
        {
            lock (gate) return slowestAnswer;
        }
    }

    public void ResetSlowestAnswer()
    {
        lock (gate) slowestAnswer = default;
    }

    /// <summary>To be called right after a request was sent.</summary>
    public void Sent()
    {
        all?.Sent();
        Interlocked.Increment(ref sent);
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
        all?.Heard(answer, elapsed);
        Interlocked.Increment(ref heard);
        if (answer.HasCome) Interlocked.Increment(ref answered);
        else if (answer.Failure is OperationCanceledException) Interlocked.Increment(ref hungUp);
        else if (answer.WasCutOff) Interlocked.Increment(ref cutOff);
        if (answer.IsUndecided) Interlocked.Increment(ref undecided);
        if (answer.Verdict == Verdict.Success) Interlocked.Increment(ref succeeded);
        if (!answer.HasCome) return;
        lock (gate)
        {
            if (elapsed > slowestAnswer) slowestAnswer = elapsed;
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
    public static Task UntilAsync(Func<bool> isSo, string what) => UntilAsync(() => Task.FromResult(isSo()), what);

    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        for (Stopwatch waited = Stopwatch.StartNew(); !await isSo(); await Task.Delay(Look))
        {
            if (waited.Elapsed > GatewayProcess.Patience) throw new TimeoutException($"Waited {waited.Elapsed} in vain: {what}.");
        }
    }
}
