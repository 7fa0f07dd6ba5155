using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Silo.Settings;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>One process of a cluster, in the role that its settings give it.</summary>
internal static class ClusterProcess
{
    /// <returns>What runs; disposing it is the graceful shutdown.</returns>
    /// <exception cref="StartupException">The start is refused; nothing is left open.</exception>
    public static async Task<IAsyncDisposable> StartAsync(string[] args, TimeProvider clock, TextWriter output)
    {
        CommandLine commandLine = CommandLine.Parse(args);
        IConfiguration configuration = WithQuietOrleans(commandLine.BuildConfiguration());
        NodeSettings settings = NodeSettings.ReadOfMember(configuration, commandLine.ContentRoot);
        ClusterSettings cluster = ClusterSettings.Read(configuration, settings);
        if (commandLine.Restored && !cluster.HasSilo)
            throw new StartupException("--restored is given with Cluster:Role=gateway, which has no ledger; start one of the silos with it.");
        if (!cluster.HasGateway) return await SiloProcess.StartAsync(cluster, settings, configuration, commandLine.Restored, clock, output);

        SocketThreads.RunContinuationsInline();
        return await GatewayHost.StartAsync(
            settings, configuration, start => ClusterNode.OpenAsync(cluster, start), commandLine.Restored, clock, output);
    }

    // It tells of every call and connection that fails, and its host of a start that does; what an operator needs to know of them we tell.
    private static IConfiguration WithQuietOrleans(IConfiguration configuration) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Orleans"] = nameof(LogLevel.Error),
            ["Logging:LogLevel:Microsoft.Extensions.Hosting"] = nameof(LogLevel.None),
        })
        .AddConfiguration(configuration)
        .Build();
}
