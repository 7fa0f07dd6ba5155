using System.Threading.Channels;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>What happened in one second of a phase, at all workers.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Length">A second; the last one is shorter.</param>
/// <param name="Tally">What was answered in it.</param>
internal sealed record Interval(int Number, TimeSpan Length, Tally Tally);

/// <summary>Where workers put what happened in each second, and the report takes it from once all have.</summary>
internal sealed class IntervalBoard(int workers)
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<int, OpenInterval> open = [];
    private readonly Channel<Interval> finished = Channel.CreateUnbounded<Interval>();
    private readonly int[] ended = new int[workers];
    private int running = workers;
    private int next;

    /// <summary>Ends when every worker has; fails where one did.</summary>
    public ChannelReader<Interval> Finished => finished.Reader;

    /// <summary>To be called by each worker for every second, in order.</summary>
    public void Put(int number, Tally tally) => Put(number, tally, Length);

    /// <summary>To be called by each worker with its last, which may be short.</summary>
    public void PutLast(int worker, int number, Tally tally, TimeSpan length)
    {
        Put(number, tally, length);
        lock (gate)
        {
            ended[worker] = number + 1;
            running--;
            Release();
            if (running == 0) finished.Writer.Complete();
        }
    }

    public void Fail(Exception exception) => finished.Writer.TryComplete(exception);

    private void Put(int number, Tally tally, TimeSpan length)
    {
        lock (gate)
        {
            if (!open.TryGetValue(number, out OpenInterval? interval)) open.Add(number, interval = new OpenInterval());
            interval.Tally.Add(tally);
            interval.Came++;
            if (length > interval.Length) interval.Length = length;
            Release();
        }
    }

    private void Release()
    {
        while (open.TryGetValue(next, out OpenInterval? interval) && interval.Came + EndedBefore(next) == ended.Length)
        {
            open.Remove(next);
            finished.Writer.TryWrite(new Interval(next++, interval.Length, interval.Tally));
        }
    }

    private int EndedBefore(int number) => ended.Count(end => end > 0 && end <= number);

    private sealed class OpenInterval
    {
        public Tally Tally { get; } = new();

        public int Came { get; set; }

        public TimeSpan Length { get; set; }
    }
}
