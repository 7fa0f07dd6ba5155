using CaptchaCluster.Tests.Fuzz;

return await FuzzProgram.RunAsync(args, Console.Out, Console.Error);
