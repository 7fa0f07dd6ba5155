namespace CaptchaCluster.Tests.Load.Running;

/// <summary>The workers of a test, each on a thread of its own. Their connections stay open from phase to phase.</summary>
internal sealed class Workers : IDisposable
{
    private readonly WorkerSetup setup;
    private readonly Worker[] workers;

    public Workers(WorkerSetup setup)
    {
        this.setup = setup;
        workers = [.. Enumerable.Range(0, setup.Workers).Select(number => new Worker(setup, number))];
    }

    public void Connect()
    {
        foreach (Worker worker in workers) worker.Connect();
    }

    /// <param name="phase">What to do.</param>
    /// <param name="onSecond">Hears of every second once it is over; not the short rest at the end.</param>
    public async Task<PhaseResult> RunAsync(Phase phase, Action<Second> onSecond)
    {
        IntervalBoard board = new(workers.Length);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        TimeSpan start = setup.Clock.Now;
        for (int i = 0; i < workers.Length; i++) Start(workers[i], phase, start, board);

        Tally total = new();
        List<Second> seconds = [];
        TimeSpan elapsed = TimeSpan.Zero;
        await foreach (Interval interval in board.Finished.ReadAllAsync())
        {
            total.Add(interval.Tally);
            elapsed += interval.Length;
            if (interval.Length < IntervalBoard.Length / 2) continue;
            Second second = Second.Of(interval, phase);
            seconds.Add(second);
            onSecond(second);
        }

        return new PhaseResult(phase, total, elapsed, Environment.CpuUsage.TotalTime - cpu, seconds);
    }

    public void Dispose()
    {
        foreach (Worker worker in workers) worker.Dispose();
    }

    private static void Start(Worker worker, Phase phase, TimeSpan start, IntervalBoard board)
    {
        Thread thread = new(Run) { Name = "load", IsBackground = true };
        thread.Start();

        void Run()
        {
            try
            {
                worker.Run(phase, start, board);
            }
            catch (Exception exception)
            {
                board.Fail(exception);
            }
        }
    }
}
