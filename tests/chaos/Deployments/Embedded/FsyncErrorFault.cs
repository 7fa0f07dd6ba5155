using CaptchaCluster.Tests.Chaos.Nemesis;

namespace CaptchaCluster.Tests.Chaos.Deployments.Embedded;

/// <summary>fsync fails with EIO, once or from now on.</summary>
internal sealed class FsyncErrorFault : IFault<EmbeddedStage>
{
    public string Kind => "fsync-error";

    public string Description => "fsync fails with EIO, once or from now on (needs strace)";

    public string? WhyNot => AttachedStrace.WhyNot;

    public bool FitsIn(EmbeddedStage stage) => true;

    public async Task<bool> StrikeAsync(EmbeddedStage stage, Random random)
    {
        string log = Path.Combine(stage.Folder, $"fsync-error-{stage.Run.Recorder.Now}.log");
        int process = stage.Node.Process.Id;
        AttachedStrace strace = await (random.Next(2) == 0 ? AttachedStrace.FailAsync(process, log) : AttachedStrace.FailOnceAsync(process, log));
        stage.Log.Write("  strace has attached");
        await using (strace) await BrokenLedger.SitOutAsync(stage, "sync of ", () => { }, random);
        stage.Log.Write("  strace has let go");
        return strace.MeddledCalls.Any(line => line.Contains("EIO"));
    }
}
