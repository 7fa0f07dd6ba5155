namespace CaptchaCluster.Tests.Processes;

/// <summary>A directory of a test's own that is gone afterwards.</summary>
internal sealed class TestDirectory : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-test-");

    /// <summary>Not there yet: the gateway makes it.</summary>
    public string Path => System.IO.Path.Combine(directory.FullName, "data");

    public string Root => directory.FullName;

    public void Dispose() => directory.Delete(recursive: true);
}
