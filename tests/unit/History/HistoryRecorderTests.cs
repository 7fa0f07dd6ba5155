using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

public sealed class HistoryRecorderTests
{
    private static readonly DateTimeOffset Start = new(2031, 5, 4, 3, 2, 1, TimeSpan.Zero);

    [Fact]
    public void Operations_carry_the_observers_timestamps()
    {
        var time = new StepTime();
        var recorder = new HistoryRecorder(time, new(1, 2));
        var token = recorder.Mint(7, 1, Start.AddSeconds(3));
        time.Ticks = 10;
        var pending = recorder.Begin(token, 5, 1, 2);
        time.Ticks = 20;
        pending.Complete(Verdict.Success);
        var history = recorder.Snapshot();
        Assert.Equal(new(1, 2), history.Clock);
        Assert.Equal([new TokenInfo(7, 1, 3_000)], history.Tokens);
        Assert.Equal([new AttemptOperation(5, 10, 20, 0, 1, 2, Verdict.Success)], history.Attempts);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void What_was_cut_off_is_unknown()
    {
        var recorder = new HistoryRecorder(new StepTime(), default);
        recorder.Begin(recorder.Mint(7, 1, Start), 5, 1, 2, anonymous: true);
        recorder.Begin(SiteOperationKind.RotateGraceful, 1, oldGeneration: 2);
        var history = recorder.Snapshot();
        Assert.Equal([new AttemptOperation(5, 0, AttemptOperation.Never, 0, 1, 2, Verdict.Unknown, Anonymous: true)], history.Attempts);
        Assert.Equal([new SiteOperation(SiteOperationKind.RotateGraceful, 1, 0, AttemptOperation.Never, 2)], history.SiteOperations);
    }

    [Fact]
    public void Refused_site_operation_never_happened()
    {
        var recorder = new HistoryRecorder(new StepTime(), default);
        recorder.Begin(SiteOperationKind.RotateGraceful, 1).Refuse();
        recorder.Begin(SiteOperationKind.RotateGraceful, 1).Acknowledge(3, Start.AddSeconds(2));
        Assert.Equal([new SiteOperation(SiteOperationKind.RotateGraceful, 1, 0, 0, NewGeneration: 3, GraceEnd: 2_000)], recorder.Snapshot().SiteOperations);
    }

    [Fact]
    public void An_answer_comes_once()
    {
        var recorder = new HistoryRecorder(new StepTime(), default);
        var pending = recorder.Begin(0, 5, 1, 2);
        pending.Complete(Verdict.Success);
        Assert.Throws<InvalidOperationException>(() => pending.Complete(Verdict.Duplicate));
        var operation = recorder.Begin(SiteOperationKind.Disable, 1);
        operation.Acknowledge();
        Assert.Throws<InvalidOperationException>(operation.Refuse);
    }

    [Fact]
    public void Threads_lose_nothing_and_snapshots_under_way_are_consistent()
    {
        const int Threads = 4, Tokens = 40_000;
        var recorder = new HistoryRecorder(TimeProvider.System, default);
        for (var token = 0; token < Tokens; token++) recorder.Mint((UInt128)token, 1, Start.AddYears(50));
        var winners = new int[Tokens];
        using var go = new Barrier(Threads + 1);
        var workers = Enumerable.Range(1, Threads).Select(attempt => new Thread(() =>
        {
            go.SignalAndWait();
            for (var token = 0; token < Tokens; token++)
            {
                var pending = recorder.Begin(token, (UInt128)attempt, 1, 1);
                var won = Interlocked.CompareExchange(ref winners[token], attempt, 0) == 0;
                pending.Complete(won ? Verdict.Success : Verdict.Duplicate);
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        go.SignalAndWait();
        while (workers.Any(w => w.IsAlive))
        {
            var underway = HistoryChecker.Check(recorder.Snapshot());
            Assert.True(underway.IsClean, underway.ToString());
        }
        var counts = HistoryChecker.Check(recorder.Snapshot()).Counts;
        Assert.Equal((Tokens, (Threads - 1) * Tokens, 0), (counts.Success, counts.Duplicate, counts.Unknown));
    }

    /// <summary>A thousand ticks a second, by hand.</summary>
    private sealed class StepTime : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Ticks;

        public override DateTimeOffset GetUtcNow() => Start.AddMilliseconds(Ticks);
    }
}
