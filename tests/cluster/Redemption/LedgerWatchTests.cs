using System.Reflection;
using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Tests.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Cluster.Redemption;

/// <summary>A gateway's readiness, from what the silos say that it asks. Keys lead to silos here: one for each.</summary>
[Trait("Invariant", "I9")]
public sealed class LedgerWatchTests
{
    private volatile Func<long, bool> isReady = _ => true;

    [Fact]
    public async Task One_silo_that_cannot_commit_does_not_end_the_readiness_and_all_of_them_do()
    {
        await using LedgerWatch watch = await StartAsync();
        await UntilAsync(() => watch.IsReady);
        int found = 0;
        isReady = silo => silo == 11 && Interlocked.Increment(ref found) > 0;
        await UntilAsync(() => Volatile.Read(ref found) > 2);
        Assert.True(watch.IsReady);
        isReady = _ => false;
        await UntilAsync(() => !watch.IsReady);
        isReady = silo => silo == 3;
        await UntilAsync(() => watch.IsReady);
    }

    [Fact]
    public async Task Where_some_do_not_answer_another_is_asked()
    {
        await using LedgerWatch watch = await StartAsync();
        isReady = silo => silo is 0 or 1 ? throw new TimeoutException() : silo != 2;
        await UntilAsync(() => watch.IsReady);
        isReady = _ => false;
        await UntilAsync(() => !watch.IsReady);
    }

    private Task<LedgerWatch> StartAsync() =>
        LedgerWatch.StartAsync(new AnySilo(Ledgers.Of(silo => isReady(silo))), TimeProvider.System, NullLogger.Instance);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        while (!isSo()) await Task.Delay(10, patience.Token);
    }

    private class Ledgers : DispatchProxy
    {
        private Func<long, bool> isReady = null!;
        private long key;

        public static IGrainFactory Of(Func<long, bool> isReady) => Make<IGrainFactory>(isReady, key: 0);

        protected override object? Invoke(MethodInfo? method, object?[]? arguments)
        {
            if (method!.ReturnType == typeof(Task<LedgerState>)) return StateAsync();
            return method.ReturnType == typeof(ILedgerGrain) ? Make<ILedgerGrain>(isReady, (long)arguments![0]!) : throw new NotSupportedException($"{method}");
        }

        private static T Make<T>(Func<long, bool> isReady, long key)
            where T : class
        {
            T made = Create<T, Ledgers>();
            Ledgers ledgers = (Ledgers)(object)made;
            (ledgers.isReady, ledgers.key) = (isReady, key);
            return made;
        }

        private async Task<LedgerState> StateAsync()
        {
            await Task.Yield();
            return new LedgerState { Shards = 16, IssuedFloor = 0, IsReady = isReady(key) };
        }
    }
}
