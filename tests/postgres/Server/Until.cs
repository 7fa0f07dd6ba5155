using System.Diagnostics;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>Waits for what comes about by itself.</summary>
internal static class Until
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience) throw new TimeoutException("It did not come about.");
            await Task.Delay(20);
        }
    }
}
