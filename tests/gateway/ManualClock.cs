namespace CaptchaCluster.Tests.Gateway;

/// <summary>Wall and monotonic time that pass together, and only when a test says so. Starts at 2026-11-20T22:15:00Z.</summary>
internal sealed class ManualClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 22, 15, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TaskCompletionSource timerSet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long elapsedTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(Volatile.Read(ref elapsedTicks));

    public override long GetTimestamp() => Volatile.Read(ref elapsedTicks);

    /// <summary>Whoever waits for a time that comes by this is woken.</summary>
    public void Advance(int seconds)
    {
        ManualTimer[] due;
        lock (gate)
        {
            long now = Interlocked.Add(ref elapsedTicks, seconds * TimeSpan.TicksPerSecond);
            due = [.. timers.Where(timer => timer.DueTicks <= now)];
            timers.RemoveAll(due.Contains);
        }

        foreach (ManualTimer timer in due) timer.Fire();
    }

    /// <summary>Somebody waits for a time that has not come.</summary>
    public Task TimerSetAsync()
    {
        lock (gate) return timers.Count > 0 ? Task.CompletedTask : timerSet.Task;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan) throw new NotSupportedException("Nothing here repeats.");
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        public long DueTicks { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                DueTicks = clock.elapsedTicks + dueTime.Ticks;
                clock.timers.Add(this);
                clock.timerSet.TrySetResult();
                clock.timerSet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock.gate) clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
