using CaptchaCluster.Gateway.Hosting;

SocketThreads.RunContinuationsInline();
try
{
    await using GatewayHost gateway = await GatewayHost.StartAsync(args, TimeProvider.System, Console.Out);
    await ShutdownSignal.WaitAsync();
    return 0;
}
catch (StartupException refusal)
{
    Console.Error.WriteLine(refusal.Message);
    return StartupException.ExitCode;
}
