using CaptchaCluster.Tests.Load;

return await LoadProgram.RunAsync(args, TimeProvider.System, Console.Out, Console.Error);
