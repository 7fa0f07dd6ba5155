using CaptchaCluster.Tests.Chaos.Deployments.Database;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>Four gateways over one database, which they reach by way of a proxy that cuts connections.</summary>
internal sealed class PostgresDeployment : IDeployment
{
    public string Store => "postgres";

    public string Description => "four gateways over one PostgreSQL server";

    public string? WhyNot => PostgresServer.WhyNot;

    public IReadOnlyList<IFault> Faults { get; } =
    [
        new KillFault(),
        new KillAllFault(),
        new StartStormFault(),
        new StopFault(),
        new PauseFault(),
        new DatabaseEndFault("db-kill", "kill -9 of every process of the database server", server => server.Kill()),
        new DatabaseEndFault("db-stop", "immediate shutdown of the database server (SIGQUIT)", server => server.StopImmediately()),
        new DatabaseEndFault("db-restart", "fast shutdown of the database server (SIGINT)", server => server.Stop()),
        new BackendKillFault(),
        new DatabasePauseFault(),
        new CutFault("cut-before", "connections cut before an insert reaches the server", Cut.BeforeItIsSent),
        new CutFault("cut-running", "connections cut while an insert runs", Cut.WhileItRuns),
        new CutFault("cut-rows", "connections cut between an insert's rows and the end of its transaction", Cut.AfterItsRows),
        new CutFault("cut-reply", "connections cut between an insert's transaction and its reply", Cut.BeforeItsReply),
        new CutFault("cut-silent", "replies to inserts swallowed, and the connections left open", Cut.InsteadOfItsReply),
        new GatewayClockFault(isBeyondSkew: false),
        new GatewayClockFault(isBeyondSkew: true),
        new DatabaseClockFault(),
        new PurgeFault(),
    ];

    public int FewestEpochs => 1;

    public TimeSpan LongestEpoch => TimeSpan.FromSeconds(150);

    public Stage Set(Scene scene) => new PostgresStage(scene);
}
