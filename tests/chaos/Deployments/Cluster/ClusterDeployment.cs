using CaptchaCluster.Tests.Chaos.Deployments.Database;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>Two gateways before three silos over one database, which each silo reaches by way of a proxy that cuts connections.</summary>
internal sealed class ClusterDeployment : IDeployment
{
    public string Store => "cluster";

    public string Description => "three silos over one PostgreSQL server, two gateways before them";

    public string? WhyNot => PostgresServer.WhyNot ?? SiloProgram.WhyNot;

    public IReadOnlyList<IFault> Faults { get; } =
    [
        new KillFault(),
        new StopFault(),
        new PauseFault(),
        new SiloKillFault(),
        new SiloStopFault(),
        new SiloPauseFault(),
        new SiloHangFault(),
        new RollingFault(),
        new SiloCutFault("net-silos", "a silo cut off from the other silos, and from nobody else", seesTable: true, SiloCutFault.CutBothWays),
        new SiloCutFault("net-oneway", "the same, one way only", seesTable: true, SiloCutFault.CutOneWay),
        new SiloCutFault("net-alone", "a silo cut off from everybody", seesTable: false, SiloCutFault.CutFromAll),
        new DatabaseCutFault(),
        new GatewayCutFault(),
        new DatabaseEndFault("db-kill", "kill -9 of every process of the database server", server => server.Kill()),
        new DatabaseEndFault("db-stop", "immediate shutdown of the database server (SIGQUIT)", server => server.StopImmediately()),
        new BackendKillFault(),
        new DatabasePauseFault(),
        new CutFault("cut-before", "a silo's connections cut before an insert reaches the server", Cut.BeforeItIsSent),
        new CutFault("cut-running", "a silo's connections cut while an insert runs", Cut.WhileItRuns),
        new CutFault("cut-rows", "a silo's connections cut between an insert's rows and the end of its transaction", Cut.AfterItsRows),
        new CutFault("cut-reply", "a silo's connections cut between an insert's transaction and its reply", Cut.BeforeItsReply),
        new CutFault("cut-silent", "replies to a silo's inserts swallowed, and the connections left open", Cut.InsteadOfItsReply),
        new DatabaseClockFault(),
    ];

    public int FewestEpochs => 1;

    public TimeSpan LongestEpoch => TimeSpan.FromSeconds(240);

    public Stage Set(Scene scene) => new ClusterStage(scene);
}
