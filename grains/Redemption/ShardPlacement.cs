using Orleans.Placement;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>Every shard on the silo where it belongs; see <see cref="CaptchaCluster.Redemption.ShardAssignment"/>.</summary>
[GenerateSerializer, Immutable, Alias("captchacluster.ShardPlacement")]
public sealed class ShardPlacement : PlacementStrategy;

[AttributeUsage(AttributeTargets.Class)]
public sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());
