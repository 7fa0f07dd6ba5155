using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Silo.Hosting;

try
{
    await using IAsyncDisposable process = await ClusterProcess.StartAsync(args, TimeProvider.System, Console.Out);
    await ShutdownSignal.WaitAsync();
    return 0;
}
catch (StartupException refusal)
{
    Console.Error.WriteLine(refusal.Message);
    return StartupException.ExitCode;
}
