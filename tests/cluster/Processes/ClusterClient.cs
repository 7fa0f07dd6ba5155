using System.Diagnostics.Metrics;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Silo.Hosting;
using CaptchaCluster.Silo.Settings;
using CaptchaCluster.Tests.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Cluster.Processes;

/// <summary>This process as a client of a cluster, as a gateway is one.</summary>
internal static class ClusterClient
{
    public static Task<ClientMember> ConnectAsync(string connectionString)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:Role"] = "gateway",
            ["Cluster:ConnectionString"] = connectionString,
            ["Gateway:AdminKey"] = GatewayProcess.AdminKey,
            ["Tokens:SigningKey"] = "k1",
            ["Tokens:Keys:k1"] = Convert.ToBase64String(new byte[32]),
        }).Build();
        NodeSettings settings = NodeSettings.ReadOfMember(configuration, "/");
        NodeStart start = new(settings, Restored: false, new Meter(nameof(ClusterClient)), TimeProvider.System, NullLoggerFactory.Instance);
        return ClientMember.StartAsync(ClusterSettings.Read(configuration, settings), start);
    }
}
