using System.CommandLine;
using System.Globalization;
using CaptchaCluster.Tests.Chaos.Deployments;
using CaptchaCluster.Tests.Load.CommandLine;

namespace CaptchaCluster.Tests.Chaos.CommandLine;

/// <summary>The command line: what can be said, and what is wrong with what was said.</summary>
internal sealed class ChaosCommand
{
    private readonly Option<IDeployment> store = Of(
        "--store", ParseStore, $"What runs, by where its ledger is: {Stores}.", KnownDeployments.All[0]);

    private readonly Option<TimeSpan> duration =
        Of("--duration", DurationText.Parse, "How long: 30s, 2m, 1h.", TimeSpan.FromMinutes(2));

    private readonly Option<int> seed = new("--seed") { Description = "Repeats what is chosen at random.", DefaultValueFactory = _ => 1 };

    private readonly Option<string?> faults =
        new("--faults") { Description = "Only these kinds, separated by commas. Default: all that can be made here." };

    private readonly Option<int> rate = Of("--rate", ParseRate, "Verifications a second, at most.", 6000);

    private readonly Option<string?> folder =
        new("--folder") { Description = "For the log and, of an epoch that failed, all there is. Default: a new one for temporary files." };

    private static string Stores => string.Join(", ", KnownDeployments.All.Select(deployment => deployment.Store));

    private static string Description =>
        $"""
        Runs gateways under load, breaks what they stand on, and checks that no promise was broken.

        Callers redeem fresh tokens with and without a key, retry, and compete; owners rotate secrets and disable sites; faults
        come one after the other. The run is cut into epochs, each with a ledger of its own; after each the history of what
        everybody saw is checked, and compared with the ledger itself.

        {string.Join("\n\n", KnownDeployments.All.Select(Describe))}

        Ends with 0 where no promise was broken and every kind of fault was seen to have its effect, with 1 where not, and with 2
        where it could not be run.
        """;

    /// <param name="run">What to do once all is understood; returns the exit code.</param>
    public RootCommand Build(Func<ChaosOptions, CancellationToken, Task<int>> run)
    {
        RootCommand command = new(Description) { store, duration, seed, faults, rate, folder };
        command.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValue(faults) is not { } kinds) return;
            IDeployment deployment = result.GetValue(store)!;
            foreach (string kind in KindsOf(kinds).Where(kind => deployment.Faults.All(fault => fault.Kind != kind)))
                result.AddError($"--faults: '{kind}' is none of {string.Join(", ", deployment.Faults.Select(fault => fault.Kind))}.");
        });
        command.SetAction((parsed, cancelled) => run(Read(parsed), cancelled));
        return command;
    }

    private ChaosOptions Read(ParseResult parsed)
    {
        ChaosOptions options = new()
        {
            Deployment = parsed.GetValue(store)!,
            Duration = parsed.GetValue(duration),
            Seed = parsed.GetValue(seed),
            Rate = parsed.GetValue(rate),
            Folder = Path.GetFullPath(parsed.GetValue(folder) ?? Directory.CreateTempSubdirectory("captchacluster-chaos-").FullName),
        };
        return parsed.GetValue(faults) is not { } kinds
            ? options
            : options with { Faults = [.. options.Deployment.Faults.Where(fault => KindsOf(kinds).Contains(fault.Kind))] };
    }

    private static string Describe(IDeployment deployment) =>
        $"""
        --store {deployment.Store}: {deployment.Description}. Its faults:
        {string.Join('\n', deployment.Faults.Select(fault => $"  {fault.Kind,-14} {fault.Description}"))}
        """;

    private static string[] KindsOf(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static IDeployment ParseStore(string text)
    {
        IDeployment deployment = KnownDeployments.All.FirstOrDefault(deployment => deployment.Store == text)
            ?? throw new FormatException($"'{text}' is none of {Stores}.");
        return deployment.WhyNot is { } obstacle ? throw new FormatException($"'{text}' {obstacle}.") : deployment;
    }

    private static int ParseRate(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rate) && rate is > 0 and <= 1_000_000
            ? rate
            : throw new FormatException($"'{text}' is no number from 1 to 1000000.");

    private static Option<T> Of<T>(string name, Func<string, T> parse, string description, T standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            try
            {
                return parse(result.Tokens[0].Value);
            }
            catch (FormatException exception)
            {
                result.AddError($"{name}: {exception.Message}");
                return default!;
            }
        },
    };
}
