using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace CaptchaCluster.Bench.Redis.Connection;

/// <summary>A command that was sent; used again once its reply was taken, so that a request allocates none.</summary>
internal sealed class PendingReply : IValueTaskSource<bool>
{
    private static readonly ConcurrentQueue<PendingReply> Free = [];

    private ManualResetValueTaskSourceCore<bool> source;

    public ValueTask<bool> Task => new(this, source.Version);

    public static PendingReply Rent() => Free.TryDequeue(out PendingReply? reply) ? reply : new PendingReply();

    public void Complete(bool isSet) => source.SetResult(isSet);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool isSet = source.GetResult(token);
        source.Reset();
        Free.Enqueue(this);
        return isSet;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
