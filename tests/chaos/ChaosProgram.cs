using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Tests.Chaos.CommandLine;
using CaptchaCluster.Tests.Chaos.Epochs;
using CaptchaCluster.Tests.Chaos.Summary;

namespace CaptchaCluster.Tests.Chaos;

/// <summary>The program, as a test can call it.</summary>
internal static class ChaosProgram
{
    /// <summary>Who interrupts it still gets what was found so far.</summary>
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromMinutes(2);

    /// <summary>Returns one of <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        ParseResult parsed = new ChaosCommand().Build(RunAsync).Parse(args);
        InvocationConfiguration invocation = new() { Output = output, Error = errors, ProcessTerminationTimeout = TimeToEnd };
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(invocation);
        foreach (ParseError error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync("--help tells what there is.");
        return ExitCode.NotRun;

        async Task<int> RunAsync(ChaosOptions options, CancellationToken cancelled)
        {
            ChaosReport report = await new ChaosRun(options, output).RunAsync(cancelled);
            await output.WriteAsync(report.Compose());
            return report.ExitCode;
        }
    }
}
