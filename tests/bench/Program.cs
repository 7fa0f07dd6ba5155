using CaptchaCluster.Bench;

return await BenchProgram.RunAsync(args, TimeProvider.System, Console.Out, Console.Error);
