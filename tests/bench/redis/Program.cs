using CaptchaCluster.Bench.Redis;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Settings;

// What one would build instead, with everything else as it is here: the gateway itself, and Redis where its ledger was.
const string Usage = "usage: CaptchaCluster.Bench.Redis SOCKET [settings of the gateway]";
SocketThreads.RunContinuationsInline();
if (args is not [var socket, .. var others]) throw new ArgumentException(Usage);
CommandLine commandLine = CommandLine.Parse(others);
IConfiguration configuration = commandLine.BuildConfiguration();
NodeSettings settings = NodeSettings.Read(configuration, commandLine.ContentRoot);
await using GatewayHost gateway = await GatewayHost.StartAsync(
    settings, configuration, start => RedisNode.OpenAsync(socket, start), commandLine.Restored, TimeProvider.System, Console.Out);
await ShutdownSignal.WaitAsync();
