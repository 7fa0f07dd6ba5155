using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// SIGSTOP of a silo until others serve its shards, and SIGCONT. It does not know that it was voted out, does what it had been
/// asked to do, and answers; once it knows, it ends.
/// </summary>
internal sealed class SiloHangFault : IFault<ClusterStage>
{
    public string Kind => "silo-hang";

    public string Description => "SIGSTOP of a silo until its shards have moved, and SIGCONT";

    public string? WhyNot => null;

    public bool FitsIn(ClusterStage stage) => true;

    public async Task<bool> StrikeAsync(ClusterStage stage, Random random)
    {
        SupervisedSilo silo = await stage.AnySiloAsync(random);
        int ends = silo.Ends, voteOuts = silo.VoteOuts;
        await stage.Pulse.AtSendAsync(random.Next(1, 400), silo.Process.Pause);
        await stage.ServedElsewhereAsync(silo);
        await stage.VotedOutAsync(silo);
        await Task.Delay(random.Next(0, 2000));
        silo.Process.Continue();
        await silo.StartedAgainAsync(ends);
        return silo.VoteOuts > voteOuts;
    }
}
