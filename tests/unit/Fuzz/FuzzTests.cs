using System.Globalization;
using CaptchaCluster.Tests.Fuzz.Running;

namespace CaptchaCluster.Tests.Unit.Fuzz;

/// <summary>
/// The corpus, and two million spoiled inputs: no parser throws, takes what is not valid or reads it as something else. FUZZ_SEED walks
/// elsewhere, and tests/fuzz goes on for as long as one likes.
/// </summary>
[Trait("Invariant", "I12")]
public sealed class FuzzTests
{
    private const int InputsPerShare = 20_000;

    private static readonly int Seed =
        int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_261_121;

    public static TheoryData<string> Parsers => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Parsers))]
    public void Spoiled_input_is_refused_or_read_as_what_it_says(string parser)
    {
        int share = FuzzTargets.All.Single(target => target.Name == parser).Share;
        FuzzReport report = new FuzzRun(new FuzzOptions { Inputs = share * InputsPerShare, Seed = Seed, Targets = [parser] }).Run(default);
        Assert.True(report.IsClean, report.Compose());
    }
}
