using Orleans.Configuration;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>
/// How soon a cluster goes on without a silo that hangs: its shards are served elsewhere within 10 s. One that ends, or whose
/// machine refuses its connections, is noticed at once.
/// </summary>
/// <remarks>
/// Silos probe each other. A silo is voted dead after three missed probes, and not while anything came from it within four
/// times <see cref="Probe"/> times three (Orleans' bound for its adaptive probes): 7.2 s, which is what decides. With Orleans'
/// defaults that is 60 s. Two votes are needed, one where there are only two silos. A silo that was voted dead by mistake ends
/// itself and is started again; what it recorded meanwhile stands in the ledger, so haste costs no promise (I1).
/// </remarks>
internal static class MembershipTiming
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(600);

    /// <summary>How soon gateways, too, hear that silos have come and gone.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(2);

    public static void Apply(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = Probe;
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5); // gossip is faster; this is for what it misses
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
