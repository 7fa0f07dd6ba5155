using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Tests.Fuzz.CommandLine;
using CaptchaCluster.Tests.Fuzz.Running;

namespace CaptchaCluster.Tests.Fuzz;

/// <summary>The program: 0 where nothing was judged wrongly, 1 where something was, 2 where it could not be run as asked.</summary>
internal static class FuzzProgram
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        ParseResult parsed = new FuzzCommand().Build(RunAsync).Parse(args);
        if (parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
        foreach (ParseError error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync("--help tells what there is.");
        return 2;

        async Task<int> RunAsync(FuzzOptions options, CancellationToken cancelled)
        {
            FuzzReport report = await Task.Run(() => new FuzzRun(options).Run(cancelled), CancellationToken.None);
            await output.WriteAsync(report.Compose());
            return report.IsClean ? 0 : 1;
        }
    }
}
