using System.Globalization;

/// <summary>
/// Loaded into a server by the runtime (<c>DOTNET_STARTUP_HOOKS</c>), so that the server needs no endpoint for it: a thread that
/// waits for questions on standard input and answers from the collector's own counters. Between questions it costs nothing.
/// The name and form of this type are the runtime's.
/// </summary>
internal static class StartupHook
{
    private const string Collect = "collect";

    public static void Initialize() => new Thread(Answer) { Name = "bench probe", IsBackground = true }.Start();

    private static void Answer()
    {
        using StreamReader questions = new(Console.OpenStandardInput());
        while (questions.ReadLine()?.Split(' ') is [var number, var question])
        {
            if (question == Collect) CollectAll();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"probe {number} {GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalMemory(forceFullCollection: false)} {GC.CollectionCount(0)} {GC.GetTotalPauseDuration().Ticks}"));
        }

        // Who asked is gone, and would not stop this process any more.
        Environment.Exit(0);
    }

    private static void CollectAll()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }
}
