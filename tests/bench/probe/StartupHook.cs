using System.Diagnostics.Metrics;
using System.Globalization;

/// <summary>
/// Loaded into a server by the runtime (<c>DOTNET_STARTUP_HOOKS</c>), so that the server needs no endpoint for it: a thread that
/// waits for questions on standard input and answers from counters. Between questions it costs nothing.
/// The name and form of this type are the runtime's.
/// </summary>
internal static class StartupHook
{
    private const string Collect = "collect";
    private const string Calls = "calls";

    // Of gateways in a cluster: one measurement for each call to a silo, of the requests in it.
    private const string CallSizes = "captchacluster.shard.batch";

    private static readonly MeterListener Listener = new();
    private static long calls;
    private static long requests;

    public static void Initialize()
    {
        Listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == CallSizes) listener.EnableMeasurementEvents(instrument);
        };
        Listener.SetMeasurementEventCallback<int>((_, size, _, _) =>
        {
            Interlocked.Increment(ref calls);
            Interlocked.Add(ref requests, size);
        });
        Listener.Start();
        new Thread(Answer) { Name = "bench probe", IsBackground = true }.Start();
    }

    private static void Answer()
    {
        using StreamReader questions = new(Console.OpenStandardInput());
        while (questions.ReadLine()?.Split(' ') is [var number, var question])
        {
            if (question == Collect) CollectAll();
            Console.WriteLine($"probe {number} {(question == Calls ? CountCalls() : CountAllocations())}");
        }

        // Who asked is gone, and would not stop this process any more.
        Environment.Exit(0);
    }

    private static string CountCalls() => string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Read(ref calls)} {Interlocked.Read(ref requests)}");

    private static string CountAllocations() => string.Create(
        CultureInfo.InvariantCulture,
        $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalMemory(forceFullCollection: false)} {GC.CollectionCount(0)} {GC.GetTotalPauseDuration().Ticks}");

    private static void CollectAll()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }
}
