using CaptchaCluster.Tests.Processes;
using CaptchaCluster.Tests.Processes.Postgres;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Gateways as processes over one schema, with nothing else in common but their settings.</summary>
internal sealed class SharedGateways(PostgresServer server, string schema) : IAsyncDisposable
{
    private readonly List<TestDirectory> directories = [];
    private readonly List<GatewayProcess> gateways = [];

    /// <summary>Starts one with an empty data directory.</summary>
    public async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        TestDirectory directory = new();
        directories.Add(directory);
        GatewayProcess gateway = await GatewayProcess.StartAsync(new GatewayCommand(directory.Path)
        {
            Arguments = arguments,
            Environment = SharedSettings.Over(server.ConnectionString(schema)),
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
