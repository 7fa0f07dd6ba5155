using CaptchaCluster.Bench.Servers;

namespace CaptchaCluster.Tests.Gateway.Bench;

/// <summary>A cluster is measured only where its program was built, and from the same sources.</summary>
public sealed class ClusterProgramTests : IDisposable
{
    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Where_it_is_not_built_that_is_told_with_what_builds_it() =>
        Assert.StartsWith("silo/ is not built. `dotnet build silo -c Release`", ClusterProgram.ProblemOf(Path.Combine(directory.Root, "CaptchaCluster.Silo.dll")));

    [Fact]
    public void One_of_other_sources_is_left_out_and_one_of_the_same_is_taken()
    {
        string program = Path.Combine(directory.Root, "CaptchaCluster.Silo.dll");
        File.WriteAllText(program, "");
        foreach (string assembly in new[] { "CaptchaCluster.Core.dll", "CaptchaCluster.Storage.dll", "CaptchaCluster.Gateway.dll" })
            File.Copy(Path.Combine(AppContext.BaseDirectory, assembly), Path.Combine(directory.Root, assembly));
        Assert.Null(ClusterProgram.ProblemOf(program));

        File.Copy(Path.Combine(AppContext.BaseDirectory, "CaptchaCluster.Core.dll"), Path.Combine(directory.Root, "CaptchaCluster.Gateway.dll"), overwrite: true);
        Assert.StartsWith("silo/ was built from other sources", ClusterProgram.ProblemOf(program));
    }
}
