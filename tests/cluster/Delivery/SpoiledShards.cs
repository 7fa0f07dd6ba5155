using System.Reflection;
using CaptchaCluster.Grains.Redemption;

namespace CaptchaCluster.Tests.Cluster.Delivery;

/// <summary>How a call of a shard is delivered.</summary>
/// <param name="deliver">Brings it to the shard; as often as one likes.</param>
internal delegate Task<ShardReply> Delivery(Func<Task<ShardReply>> deliver);

/// <summary>A way to grains on which every call of a shard is delivered as a test says.</summary>
internal class SpoiledShards : DispatchProxy
{
    private object inner = null!;
    private Delivery delivery = null!;

    public static IGrainFactory Of(IGrainFactory grains, Delivery delivery) => Wrap(grains, delivery);

    // Not by a class that implements the grain's interface: Orleans would take it for a grain.
    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        if (method!.ReturnType == typeof(Task<ShardReply>)) return delivery(() => (Task<ShardReply>)method.Invoke(inner, arguments)!);
        object? result = method.Invoke(inner, arguments);
        return result is IRedemptionGrain shard ? Wrap(shard, delivery) : result;
    }

    private static T Wrap<T>(T inner, Delivery delivery)
        where T : class
    {
        T wrapped = Create<T, SpoiledShards>();
        SpoiledShards spoiled = (SpoiledShards)(object)wrapped;
        (spoiled.inner, spoiled.delivery) = (inner, delivery);
        return wrapped;
    }
}
