namespace CaptchaCluster.Redemption;

/// <summary>
/// Completes some answered operations on one thread-pool thread, one after the other: what awaits them runs there. A work
/// item each would cost more than the redemption; all in one would leave the other processors idle.
/// </summary>
internal sealed class OperationGroup(RedemptionOperation[] operations, int start, int count) : IThreadPoolWorkItem
{
    private const int Size = 16;

    public static void Complete(List<RedemptionOperation> answered)
    {
        RedemptionOperation[] all = [.. answered];
        for (int start = 0; start < all.Length; start += Size)
        {
            OperationGroup group = new(all, start, Math.Min(Size, all.Length - start));
            ThreadPool.UnsafeQueueUserWorkItem(group, preferLocal: false);
        }
    }

    public void Execute()
    {
        foreach (RedemptionOperation operation in operations.AsSpan(start, count)) operation.Complete();
    }
}
