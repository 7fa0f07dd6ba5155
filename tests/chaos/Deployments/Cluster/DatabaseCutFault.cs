using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Network;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// A silo that the database does not hear, or neither the other, while everybody else hears both. Its shards stay: 503 until
/// it is whole again (I9), and then it records.
/// </summary>
internal sealed class DatabaseCutFault : IFault<ClusterStage>
{
    /// <summary>After which what the server had heard before is recorded.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(500);

    public string Kind => "net-database";

    public string Description => "a silo cut off from the database, one way or both (needs network namespaces)";

    public string? WhyNot => PrivateNetwork.WhyNot;

    public bool FitsIn(ClusterStage stage) => stage.HasNetwork;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        long undecided = stage.Pulse.Undecided;
        stage.Network.Cut(silo.Place, stage.Network.Database);
        if (random.Next(2) == 0) stage.Network.Cut(stage.Network.World, silo.Place.Address);
        await Task.Delay(Settled);
        long recorded = stage.Owners.RecordedBy(silo.Number);
        await Pulse.UntilAsync(() => stage.Pulse.Undecided > undecided, $"503 for shards of silo {silo.Number}, which has no database");
        await Task.Delay(random.Next(0, 6000));
        await stage.GatewaysReadyAsync(); // as two silos of three have it
        bool stoodStill = stage.Owners.RecordedBy(silo.Number) == recorded;
        stage.Network.Heal();
        await silo.ReadyAsync();
        await Pulse.UntilAsync(() => stage.Owners.RecordedBy(silo.Number) > recorded, $"a redemption by silo {silo.Number}, which has its database again");
        return stoodStill;
    }
}
