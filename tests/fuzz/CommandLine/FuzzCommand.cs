using System.CommandLine;
using System.CommandLine.Parsing;
using CaptchaCluster.Tests.Fuzz.Running;

namespace CaptchaCluster.Tests.Fuzz.CommandLine;

/// <summary>The command line.</summary>
internal sealed class FuzzCommand
{
    private readonly Option<long> inputs = new("--inputs") { Description = "How many, in all.", DefaultValueFactory = _ => 10_000_000 };

    private readonly Option<int> seed = new("--seed") { Description = "From which all inputs follow.", DefaultValueFactory = _ => 1 };

    private readonly Option<int> threads = new("--threads") { Description = "How many.", DefaultValueFactory = _ => Environment.ProcessorCount };

    private readonly Option<string[]> targets = new("--targets") { Description = "Only these parsers.", AllowMultipleArgumentsPerToken = true };

    private readonly Option<string?> findings = new("--findings")
    {
        Description = "Write inputs that were judged wrongly to this folder: put them into tests/fuzz/corpus, and every run begins with them.",
    };

    /// <param name="run">What to do once all is understood; returns the exit code.</param>
    public RootCommand Build(Func<FuzzOptions, CancellationToken, Task<int>> run)
    {
        string[] names = [.. FuzzTargets.All.Select(target => target.Name)];
        targets.AcceptOnlyFromAmong(names);
        inputs.Validators.Add(result => Demand(result, inputs));
        threads.Validators.Add(result => Demand(result, threads));
        RootCommand command = new(
            $"Gives every parser inputs that are nearly right: none may throw, and none may take what is not valid. The parsers: {string.Join(", ", names)}.")
        {
            inputs, seed, threads, targets, findings,
        };
        command.SetAction((parsed, cancelled) => run(Read(parsed), cancelled));
        return command;
    }

    private FuzzOptions Read(ParseResult parsed) => new()
    {
        Inputs = parsed.GetValue(inputs),
        Seed = parsed.GetValue(seed),
        Threads = parsed.GetValue(threads),
        Targets = parsed.GetValue(targets) ?? [],
        Findings = parsed.GetValue(findings),
    };

    private static void Demand<T>(OptionResult result, Option<T> option)
        where T : struct, IComparable<T>
    {
        if (result.GetValueOrDefault<T>().CompareTo(default) <= 0) result.AddError($"{option.Name}: it must be more than 0.");
    }
}
