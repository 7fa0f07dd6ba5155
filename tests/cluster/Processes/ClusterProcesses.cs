using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Network;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>Silos and gateways as processes over one schema, found through its tables.</summary>
internal sealed class ClusterProcesses(PostgresServer server, string schema) : IAsyncDisposable
{
    private const string Health = "health";

    private readonly List<TestDirectory> directories = [];
    private readonly List<GatewayProcess> processes = [];

    /// <summary>Where a silo is reached; it keeps it when it starts again.</summary>
    public sealed record SiloPorts(int Silo, int Gateway);

    public static SiloPorts NewPorts() => new(FreePort.Next(), FreePort.Next());

    public string ConnectionString => server.ConnectionString(schema);

    public Task<GatewayProcess> StartSiloAsync(SiloPorts ports, params string[] arguments) => StartAsync(SiloCommand(ports, arguments));

    /// <summary>In a network namespace, where all ports are free.</summary>
    public Task<GatewayProcess> StartSiloAsync(PrivateNetwork.Member place)
    {
        string[] arguments = ["--Cluster:Role=silo", $"--Cluster:HealthListen=http://{place.Address}:0", $"--Cluster:AdvertisedAddress={place.Address}"];
        return StartAsync(Command(Health, arguments, SharedSettings.Over(ConnectionString)) with { Launcher = place.Launcher });
    }

    public Task<GatewayExit> StartRefusedSiloAsync(SiloPorts ports, params string[] arguments) => GatewayProcess.StartRefusedAsync(SiloCommand(ports, arguments));

    /// <summary>On ports of its own.</summary>
    public Task<GatewayProcess> StartGatewayAsync(params string[] arguments) => StartAsync(GatewayCommandOf(arguments));

    /// <summary>In a network namespace.</summary>
    public Task<GatewayProcess> StartGatewayAsync(PrivateNetwork.Member place)
    {
        string address = $"http://{place.Address}:0";
        return StartAsync(GatewayCommandOf([$"--Gateway:Listen={address}", $"--Gateway:AdminListen={address}"]) with { Launcher = place.Launcher });
    }

    public Task<GatewayExit> StartRefusedGatewayAsync(params string[] arguments) => GatewayProcess.StartRefusedAsync(GatewayCommandOf(arguments));

    /// <summary>A silo that is a gateway too.</summary>
    public Task<GatewayProcess> StartBothAsync(SiloPorts ports, params string[] arguments) =>
        StartAsync(Command(GatewayCommand.Verification, ["--Cluster:Role=both", .. PortsOf(ports), .. arguments], SharedSettings.Over(ConnectionString)));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.Select(process => process.DisposeAsync().AsTask()));
        foreach (TestDirectory directory in directories) directory.Dispose();
    }

    private GatewayCommand SiloCommand(SiloPorts ports, string[] arguments) =>
        Command(Health, ["--Cluster:Role=silo", "--Cluster:HealthListen=http://127.0.0.1:0", .. PortsOf(ports), .. arguments], SharedSettings.Over(ConnectionString));

    private GatewayCommand GatewayCommandOf(string[] arguments) =>
        Command(GatewayCommand.Verification, ["--Cluster:Role=gateway", .. arguments], SharedSettings.OfGateways(ConnectionString));

    private GatewayCommand Command(string announces, string[] arguments, Dictionary<string, string> settings)
    {
        TestDirectory directory = new();
        directories.Add(directory);
        return new GatewayCommand(directory.Path) { Assembly = "CaptchaCluster.Silo.dll", Announces = announces, Arguments = arguments, Environment = settings };
    }

    private async Task<GatewayProcess> StartAsync(GatewayCommand command)
    {
        GatewayProcess process = await GatewayProcess.StartAsync(command);
        processes.Add(process);
        return process;
    }

    private static string[] PortsOf(SiloPorts ports) =>
        ["--Cluster:AdvertisedAddress=127.0.0.1", $"--Cluster:SiloPort={ports.Silo}", $"--Cluster:GatewayPort={ports.Gateway}"];
}
