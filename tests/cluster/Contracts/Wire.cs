using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CaptchaCluster.Tests.Cluster.Contracts;

/// <summary>What silos and gateways would write and read.</summary>
internal static class Wire
{
    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    public static byte[] Write<T>(T value) => Serializer.SerializeToArray(value);

    public static T Read<T>(byte[] bytes)
        where T : notnull => Serializer.Deserialize<T>(bytes)!;

    public static T Carry<T>(T value)
        where T : notnull => Read<T>(Write(value));
}
