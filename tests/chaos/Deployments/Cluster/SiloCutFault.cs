using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Processes.Network;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// A silo that some others no longer hear, or that no longer hears them, until these serve its shards. As long as it does not
/// know, it goes on for those who reach it: two owners of a shard at once. Once it knows that it was voted out, it ends.
/// </summary>
/// <param name="kind">One word.</param>
/// <param name="description">For people.</param>
/// <param name="seesTable">Whether it can read in the database that it was voted out.</param>
/// <param name="cut">What is cut.</param>
internal sealed class SiloCutFault(string kind, string description, bool seesTable, Action<ClusterStage, SupervisedSilo, Random> cut) : IFault<ClusterStage>
{
    public string Kind => kind;

    public string Description => $"{description} (needs network namespaces)";

    public string? WhyNot => PrivateNetwork.WhyNot;

    public bool FitsIn(ClusterStage stage) => stage.HasNetwork;

    /// <summary>Neither hears the other.</summary>
    public static void CutBothWays(ClusterStage stage, SupervisedSilo silo, Random random)
    {
        foreach (SupervisedSilo other in stage.Silos.Where(other => other != silo)) stage.Network.Cut(silo.Place, other.Place);
    }

    /// <summary>It hears them and they do not hear it, or the other way round.</summary>
    public static void CutOneWay(ClusterStage stage, SupervisedSilo silo, Random random)
    {
        bool isMute = random.Next(2) == 0;
        foreach (SupervisedSilo other in stage.Silos.Where(other => other != silo))
        {
            if (isMute) stage.Network.Cut(silo.Place, other.Place.Address);
            else stage.Network.Cut(other.Place, silo.Place.Address);
        }
    }

    /// <summary>Nobody hears it, and it hears nobody, the database included.</summary>
    public static void CutFromAll(ClusterStage stage, SupervisedSilo silo, Random random)
    {
        CutBothWays(stage, silo, random);
        foreach (PrivateNetwork.Member gateway in stage.Nodes.Select(stage.PlaceOf)) stage.Network.Cut(silo.Place, gateway);
        stage.Network.Cut(silo.Place, stage.Network.World);
        stage.Network.Cut(silo.Place, stage.Network.Database);
    }

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        int ends = silo.Ends, voteOuts = silo.VoteOuts;
        long moved = stage.Owners.MovedFrom(silo.Number);
        using (silo.HoldStarts())
        {
            cut(stage, silo, random);
            await stage.VotedOutAsync(silo);
            if (seesTable && random.Next(2) == 0) await silo.EndedAsync(ends);
            else await Task.Delay(random.Next(0, 3000));
            stage.Network.Heal();
        }

        await silo.StartedAgainAsync(ends);
        return silo.VoteOuts > voteOuts && stage.Owners.MovedFrom(silo.Number) > moved;
    }
}
