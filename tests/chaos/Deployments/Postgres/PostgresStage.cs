using CaptchaCluster.Tests.Chaos.Deployments.Database;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Postgres;

/// <summary>Four gateways over a database of their own. The clocks of the last two can be set.</summary>
internal sealed class PostgresStage(Scene scene) : DatabaseStage(scene)
{
    private const int NodeCount = 4;
    private const int ClockCount = 2;

    private readonly List<ChaosNode> nodes = [];
    private CuttingProxy? proxy;

    public CuttingProxy Proxy => proxy ?? throw new InvalidOperationException("The stage was not started.");

    public override IReadOnlyList<CuttingProxy> Proxies => proxy is null ? [] : [proxy];

    public override IReadOnlyList<ChaosNode> Nodes => nodes;

    /// <summary>Whose clocks can be set.</summary>
    public IEnumerable<ChaosNode> ClockNodes => nodes.Where(node => node.Clock is not null);

    public override IReadOnlyList<AimedFault> Aim(IEnumerable<IFault> kinds) => AimedFault.At(this, kinds);

    public override async Task StartAsync()
    {
        await CreateDatabaseAsync();
        proxy = new CuttingProxy(Server.SocketPath);
        for (int number = 1; number <= NodeCount; number++) nodes.Add(NewNode(number));
        await Task.WhenAll(nodes.Select(node => node.StartAsync()));
    }

    private ChaosNode NewNode(int number)
    {
        string folder = Path.Combine(Folder, $"gateway-{number}");
        Directory.CreateDirectory(folder);
        bool hasClock = number > NodeCount - ClockCount && FakeClock.WhyNot is null;
        GatewayCommand command = new(Path.Combine(folder, "data")) { Environment = SharedSettings.Over(PostgresServer.ConnectionString(Schema, Proxy.EndPoint)) };
        return new ChaosNode(command, folder, hasClock ? new FakeClock(folder) : null, [NoDatabase], Pulse);
    }
}
