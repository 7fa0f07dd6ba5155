using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Gateways as processes over one schema, with nothing else in common but their settings.</summary>
internal sealed class SharedGateways(PostgresServer server, string schema) : IAsyncDisposable
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

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
            Environment = new Dictionary<string, string>
            {
                ["Store__Kind"] = "postgres",
                ["Store__ConnectionString"] = server.ConnectionString(schema),
                ["Tokens__Keys__k1"] = Key,
                ["Tokens__SigningKey"] = "k1",
            },
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
