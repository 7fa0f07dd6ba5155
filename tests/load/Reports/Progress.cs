using CaptchaCluster.Tests.Load.Running;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>What is told while a test runs.</summary>
internal sealed class Progress(TextWriter output)
{
    public void Say(string line) => output.WriteLine(line);

    public void Show(Second second) => output.WriteLine(
        $"{second.At.TotalSeconds,5:0} s {second.Rate,9:#,0}/s   p50 {Figures.Milliseconds(second.Latency.P50),7}   p99 {Figures.Milliseconds(second.Latency.P99),7} ms"
        + $"   unknown {second.Unknown}   no answer {second.Failed}   wrong {second.Wrong}");
}
