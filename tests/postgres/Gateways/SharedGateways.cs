using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Gateways as processes over one schema, with nothing else in common but their settings.</summary>
internal sealed class SharedGateways(PostgresServer server, string schema) : IAsyncDisposable
{
    private readonly List<TestDirectory> directories = [];
    private readonly List<GatewayProcess> gateways = [];

    /// <summary>Starts one with an empty data directory.</summary>
    public Task<GatewayProcess> StartAsync(params string[] arguments) => StartAsync(new GatewayCommand("") { Arguments = arguments });

    /// <summary>In an environment that has this too.</summary>
    public Task<GatewayProcess> StartAsync(IReadOnlyDictionary<string, string> environment) => StartAsync(new GatewayCommand("") { Environment = environment });

    /// <param name="command">With no data directory, and nothing of the database in its environment.</param>
    public async Task<GatewayProcess> StartAsync(GatewayCommand command)
    {
        TestDirectory directory = new();
        directories.Add(directory);
        GatewayProcess gateway = await GatewayProcess.StartAsync(command with
        {
            DataDirectory = directory.Path,
            Environment = new Dictionary<string, string>([.. SharedSettings.Over(server.ConnectionString(schema)), .. command.Environment]),
        });
        gateways.Add(gateway);
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GatewayProcess gateway in gateways) await gateway.DisposeAsync();
        foreach (TestDirectory directory in directories) directory.Dispose();
    }
}
