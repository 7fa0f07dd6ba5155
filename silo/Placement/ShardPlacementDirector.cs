using Orleans.Runtime.Placement;

namespace CaptchaCluster.Silo.Placement;

internal sealed class ShardPlacementDirector(ShardHomes homes) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(homes.HomeOf(ShardOf(target.GrainIdentity), context.GetCompatibleSilos(target)));

    private static int ShardOf(GrainId grain) => (int)grain.GetIntegerKey();
}
