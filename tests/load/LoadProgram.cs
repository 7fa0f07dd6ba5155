using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Tests.Load.CommandLine;
using CaptchaCluster.Tests.Load.Reports;

namespace CaptchaCluster.Tests.Load;

/// <summary>The program, as a test can call it.</summary>
internal static class LoadProgram
{
    /// <summary>Who interrupts it still gets the report, and the site is removed.</summary>
    private static readonly TimeSpan TimeForReport = TimeSpan.FromMinutes(1);

    /// <summary>Returns one of <see cref="ExitCode"/>. What is told while it runs goes to the errors, the results to the output.</summary>
    public static async Task<int> RunAsync(string[] args, TimeProvider time, TextWriter output, TextWriter errors)
    {
        RootCommand command = new LoadCommand().Build(RunAsync, errors);
        ParseResult parsed = command.Parse(args);
        InvocationConfiguration invocation = new() { Output = output, Error = errors, ProcessTerminationTimeout = TimeForReport };
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(invocation);
        foreach (ParseError error in parsed.Errors) await errors.WriteLineAsync(error.Message);
        await errors.WriteLineAsync("--help tells what there is.");
        return ExitCode.NotRun;

        async Task<int> RunAsync(LoadOptions options, CancellationToken cancelled)
        {
            ReportFile.CheckWritable(options.JsonPath, "--json");
            ReportFile.CheckWritable(options.HtmlPath, "--html");
            LoadReport report = await new LoadTest(options, time, new Progress(errors)).RunAsync(cancelled);
            await output.WriteAsync(TextReport.Compose(report));
            if (options.JsonPath is { } json) await File.WriteAllTextAsync(json, JsonReport.Compose(report), CancellationToken.None);
            if (options.HtmlPath is { } html) await File.WriteAllTextAsync(html, HtmlReport.Compose(report), CancellationToken.None);
            return report.ExitCode;
        }
    }
}
