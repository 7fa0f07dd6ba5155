using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Cluster.Single;

/// <summary>One silo over a data directory of its own, at the same ports whenever it starts, and gateways before it; no database.</summary>
internal sealed class SoleSilo : IAsyncDisposable
{
    private const string Single = "--Cluster:Clustering=single";

    private readonly TestDirectory directory = new();
    private readonly List<GatewayProcess> processes = [];

    public ClusterProcesses.SiloPorts Ports { get; } = ClusterProcesses.NewPorts();

    public string DataDirectory => directory.Path;

    /// <summary>For copies of the data directory.</summary>
    public string Root => directory.Root;

    public Task<GatewayProcess> StartSiloAsync(params string[] arguments) => StartAsync(SiloCommand(Ports, arguments));

    /// <summary>Over the same directory.</summary>
    public Task<GatewayExit> StartRefusedSiloAsync(ClusterProcesses.SiloPorts ports, params string[] arguments) =>
        GatewayProcess.StartRefusedAsync(SiloCommand(ports, arguments));

    public Task<GatewayProcess> StartGatewayAsync(params string[] arguments) => StartAsync(
        Command(GatewayCommand.Verification, ["--Cluster:Role=gateway", $"--Cluster:SiloAddress=127.0.0.1:{Ports.Gateway}", .. arguments], SharedSettings.Keys));

    /// <summary>The silo as a gateway too.</summary>
    public Task<GatewayProcess> StartBothAsync(params string[] arguments) => StartAsync(
        Command(GatewayCommand.Verification, ["--Cluster:Role=both", .. PortsOf(Ports), .. arguments], SharedSettings.Keys));

    /// <summary>What is no silo, over the same directory.</summary>
    public Task<GatewayProcess> StartSingleNodeAsync() => StartAsync(new GatewayCommand(DataDirectory) { Environment = SharedSettings.Keys });

    /// <summary>Also where the silo was just started again: the first calls of a gateway may be lost with the one that is gone.</summary>
    public static async Task RotateAsync(RecordedSite site, GatewayProcess gateway)
    {
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        await site.RotateAsync(gateway.Admin, immediately: true);
        while (site.IsUndecided)
        {
            await Task.Delay(50, patience.Token);
            await site.SettleAsync(gateway.Admin);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(processes.Select(process => process.DisposeAsync().AsTask()));
        directory.Dispose();
    }

    private GatewayCommand SiloCommand(ClusterProcesses.SiloPorts ports, string[] arguments) =>
        Command("health", ["--Cluster:Role=silo", "--Cluster:HealthListen=http://127.0.0.1:0", .. PortsOf(ports), .. arguments], []);

    private GatewayCommand Command(string announces, string[] arguments, Dictionary<string, string> settings) => new(DataDirectory)
    {
        Assembly = "CaptchaCluster.Silo.dll",
        Announces = announces,
        Arguments = [Single, .. arguments],
        Environment = settings,
    };

    private async Task<GatewayProcess> StartAsync(GatewayCommand command)
    {
        GatewayProcess process = await GatewayProcess.StartAsync(command);
        processes.Add(process);
        return process;
    }

    private static string[] PortsOf(ClusterProcesses.SiloPorts ports) =>
        ["--Cluster:AdvertisedAddress=127.0.0.1", $"--Cluster:SiloPort={ports.Silo}", $"--Cluster:GatewayPort={ports.Gateway}"];
}
