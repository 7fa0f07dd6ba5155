using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace CaptchaCluster.Tests.Gateway.Telemetry;

public sealed partial class DocumentedMetricsTests
{
    [Fact]
    public async Task What_the_page_lists_is_what_is_measured()
    {
        using MeterListener listener = new();
        HashSet<string> measured = [];
        listener.InstrumentPublished = (instrument, _) =>
        {
            lock (measured)
            {
                if (instrument.Meter.Name == Instrumentation.Name) measured.Add(instrument.Name);
            }
        };
        listener.Start();
        using TestDirectory directory = new();
        await using TestGateway gateway = await TestGateway.StartAsync(directory);

        string[] documented = [.. Row().Matches(await File.ReadAllTextAsync(Page())).Select(row => row.Groups[1].Value)];
        lock (measured) Assert.Equal(measured.Order(), documented.Order());
    }

    private static string Page([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../docs/operations.md"));

    [GeneratedRegex(@"^\| `(captchacluster\.[a-z_.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
