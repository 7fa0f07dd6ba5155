using System.Net;
using CaptchaCluster.Tests.Chaos.Deployments.Database;
using CaptchaCluster.Tests.Chaos.Nemesis;
using CaptchaCluster.Tests.Chaos.Node;
using CaptchaCluster.Tests.Chaos.Workload;
using CaptchaCluster.Tests.Processes.Network;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>Three silos over a database of their own, and two gateways before them; where it can be made, in a network of their own.</summary>
internal sealed class ClusterStage(Scene scene) : DatabaseStage(scene)
{
    public const string Moved = "shards that were found at another silo";
    public const string Turns = "times that two silos recorded for one shard in turns";
    public const string Conflicts = "tokens that a silo brought to the ledger when another had recorded them";
    public const string VotedOut = "silos that ended because they were voted out";

    /// <summary>Of silos that are alone in their network.</summary>
    public const int GatewayPort = 30000;

    private const int SiloPort = 11111;
    private const int SiloCount = 3;
    private const int GatewayCount = 2;

    // On a busy machine: whoever it needs is not there in time, or holds it for dead before it serves.
    private static readonly string[] Excuses =
    [
        NoDatabase, "in the database cannot be used", "Cluster:ConnectionString cannot be used", "cannot join the cluster", "No silo of the cluster",
        "does not answer", "I have been told I am dead",
    ];

    private readonly List<SupervisedSilo> silos = [];
    private readonly List<ChaosNode> gateways = [];
    private readonly Dictionary<ChaosNode, PrivateNetwork.Member> places = [];
    private readonly PrivateNetwork? network = PrivateNetwork.WhyNot is null ? new PrivateNetwork() : null;

    public ShardOwners Owners { get; } = new(SiloCount);

    public IReadOnlyList<SupervisedSilo> Silos => silos;

    public override IReadOnlyList<CuttingProxy> Proxies => [.. silos.Select(silo => silo.Way)];

    public override IReadOnlyList<ChaosNode> Nodes => gateways;

    public PrivateNetwork Network => network ?? throw new InvalidOperationException("There is no network of its own here.");

    public bool HasNetwork => network is not null;

    public override IReadOnlyList<(string What, long Count)> Evidence =>
        [(Moved, Owners.Moved), (Turns, Owners.Turns), (Conflicts, Owners.Conflicts), (VotedOut, silos.Sum(silo => silo.VoteOuts))];

    public PrivateNetwork.Member PlaceOf(ChaosNode gateway) => places[gateway];

    public override IReadOnlyList<AimedFault> Aim(IEnumerable<IFault> kinds) => AimedFault.At(this, kinds);

    public override async Task StartAsync()
    {
        await CreateDatabaseAsync();
        for (int number = 0; number < SiloCount; number++) silos.Add(NewSilo(number));
        for (int number = 0; number < GatewayCount; number++) gateways.Add(NewGateway(number));
        await Task.WhenAll(silos.Select(silo => silo.StartAsync()));
        await Task.WhenAll(gateways.Select(gateway => gateway.StartAsync()));
    }

    public Task GatewaysReadyAsync() => base.ReadyAsync();

    public override async Task ReadyAsync()
    {
        await GatewaysReadyAsync();
        foreach (SupervisedSilo silo in silos) await silo.ReadyAsync();
    }

    /// <summary>One that serves shards: a fault there is felt.</summary>
    public async Task<SupervisedSilo> AnySiloAsync(Random random)
    {
        SupervisedSilo silo = silos[random.Next(silos.Count)];
        await silo.ServingAsync();
        await Pulse.UntilAsync(() => Owners.CountOf(silo.Number) > 0, $"a shard of silo {silo.Number}");
        return silo;
    }

    /// <summary>Completes once every shard of a silo that cannot record is served by others.</summary>
    public Task ServedElsewhereAsync(SupervisedSilo silo) =>
        Pulse.UntilAsync(() => Owners.CountOf(silo.Number) == 0, $"the shards of silo {silo.Number} at others");

    /// <summary>Completes once the others hold a silo for dead, as they have written down; shards may move for other reasons.</summary>
    public Task VotedOutAsync(SupervisedSilo silo)
    {
        const int dead = 6; // SiloStatus of Orleans
        string status = $"SELECT status FROM orleans_silo WHERE address = '{silo.Address.Address}' AND port = {silo.Address.Port} ORDER BY generation DESC LIMIT 1";
        return Pulse.UntilAsync(async () => await ReadNumberAsync(status) == dead, $"the others' vote against silo {silo.Number}");
    }

    public override async Task StopAsync()
    {
        await base.StopAsync();
        foreach (SupervisedSilo silo in silos) await silo.StopAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        network?.Heal();
        foreach (SupervisedSilo silo in silos) await silo.DisposeAsync();
        await base.DisposeAsync();
        network?.Dispose();
    }

    private SupervisedSilo NewSilo(int number)
    {
        PrivateNetwork.Member? place = network?.Join();
        CuttingProxy way = new(Server.SocketPath, network?.Database, Owners.WatchOf(number));
        IPEndPoint address = new(AddressOf(place), place is null ? FreePort.Next() : SiloPort);
        string folder = NewFolder($"silo-{number}");
        GatewayCommand command = new(Path.Combine(folder, "data"))
        {
            Assembly = SiloProgram.Path,
            Announces = "health",
            Launcher = place?.Launcher ?? [],
            Arguments =
            [
                "--Cluster:Role=silo", $"--Cluster:AdvertisedAddress={address.Address}", $"--Cluster:HealthListen=http://{address.Address}:0",
                $"--Cluster:SiloPort={address.Port}", $"--Cluster:GatewayPort={(place is null ? FreePort.Next() : GatewayPort)}",
            ],
            Environment = SharedSettings.Over(PostgresServer.ConnectionString(Schema, way.EndPoint)),
        };
        return new SupervisedSilo(number, new ChaosNode(command, folder, clock: null, Excuses, new Pulse()), address, way, place, Log);
    }

    private ChaosNode NewGateway(int number)
    {
        PrivateNetwork.Member? place = network?.Join();
        string folder = NewFolder($"gateway-{number}");
        string address = $"http://{AddressOf(place)}:0";
        GatewayCommand command = new(Path.Combine(folder, "data"))
        {
            Assembly = SiloProgram.Path,
            Launcher = place?.Launcher ?? [],
            Arguments = ["--Cluster:Role=gateway", $"--Gateway:Listen={address}", $"--Gateway:AdminListen={address}"],
            Environment = SharedSettings.OfGateways(Server.ConnectionString(Schema)),
        };
        ChaosNode gateway = new(command, folder, clock: null, Excuses, Pulse);
        if (place is not null) places.Add(gateway, place);
        return gateway;
    }

    private string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    private static IPAddress AddressOf(PrivateNetwork.Member? place) => place?.Address ?? IPAddress.Loopback;
}
