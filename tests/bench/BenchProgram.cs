using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Bench.CommandLine;
using CaptchaCluster.Bench.Report;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Bench;

/// <summary>The program, as a test can call it.</summary>
internal static class BenchProgram
{
    /// <summary>Who interrupts it has everything ended that was started.</summary>
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromMinutes(1);

    /// <summary>Returns one of <see cref="ExitCode"/>. What is told while it runs goes to the errors, the results to the output.</summary>
    public static async Task<int> RunAsync(string[] args, TimeProvider time, TextWriter output, TextWriter errors)
    {
        RootCommand command = new BenchCommand().Build(RunAsync, errors);
        ParseResult parsed = command.Parse(args);
        if (parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors, ProcessTerminationTimeout = TimeToEnd });
        foreach (ParseError error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync("--help tells what there is.");
        return ExitCode.NotRun;

        async Task<int> RunAsync(BenchOptions options, CancellationToken cancelled)
        {
            if (options.WriteTo is { } target) ReportFiles.CheckWritable(target);
            BenchResults results = await new BenchRun(options, new TestClock(time), errors, cancelled).RunAsync();
            await output.WriteAsync(MarkdownReport.Compose(results, plots: null));
            if (options.WriteTo is { } directory) await ReportFiles.WriteAsync(directory, results);
            return results.WrongAnswers.Count > 0 ? ExitCode.WrongVerdict : ExitCode.AllRight;
        }
    }
}
