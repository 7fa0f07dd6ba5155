using CaptchaCluster.Tests.Chaos;

return await ChaosProgram.RunAsync(args, Console.Out, Console.Error);
