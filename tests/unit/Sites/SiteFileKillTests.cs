using System.Diagnostics;
using System.Globalization;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;

namespace CaptchaCluster.Tests.Unit.Sites;

public sealed class SiteFileKillTests : IDisposable
{
    private const int Seed = 20_261_210;
    private const int Kills = 20;

    private readonly string directory = Directory.CreateTempSubdirectory("captcha-kill-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    [Trait("Invariant", "I2")]
    public async Task A_writer_killed_at_any_moment_leaves_one_whole_version_and_nothing_older_than_it_said()
    {
        Random random = new(Seed);
        SiteKey key = SiteKey.New();
        long version = 0;
        int unsaid = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            long said = await WriteUntilKilledAsync(key, version + 1, random);
            Site site = Assert.Single(await new FileSiteStore(directory).LoadAsync(CancellationToken.None));
            Assert.True(SiteSamples.Dump(site) == SiteSamples.Dump(SiteWriter.VersionOf(key, site.Version)), $"seed {Seed}, kill {kill}: {SiteSamples.Dump(site)}");
            Assert.True(site.Version >= said && site.Version <= said + 1, $"seed {Seed}, kill {kill}: version {site.Version}, {said} was acknowledged");
            Assert.Single(Directory.GetFiles(directory));
            if (site.Version > said) unsaid++;
            version = site.Version;
        }

        Assert.True(version > Kills, $"seed {Seed}: only {version} versions, {unsaid} of them killed before they were acknowledged");
    }

    /// <summary>Returns the last version that the writer said was saved.</summary>
    private async Task<long> WriteUntilKilledAsync(SiteKey key, long version, Random random)
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { typeof(SiteWriter).Assembly.Location, "save-sites", directory, key.ToString(), version.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardOutput = true,
        };
        using Process writer = Process.Start(start)!;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        long said = 0;
        for (int left = random.Next(1, 12); left > 0; left--)
        {
            string line = await writer.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the writer ended by itself");
            said = long.Parse(line, CultureInfo.InvariantCulture);
        }

        Thread.SpinWait(random.Next(100_000));
        writer.Kill();
        await writer.WaitForExitAsync(patience.Token);
        string rest = await writer.StandardOutput.ReadToEndAsync(patience.Token);
        string[] whole = rest.Split('\n')[..^1];
        return whole.Length == 0 ? said : long.Parse(whole[^1], CultureInfo.InvariantCulture);
    }
}
