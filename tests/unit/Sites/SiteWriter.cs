using System.Globalization;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;

namespace CaptchaCluster.Tests.Unit.Sites;

/// <summary>The process that <see cref="SiteFileKillTests"/> kills: saves one version of a site after the other, and says so after each.</summary>
internal static class SiteWriter
{
    private const int HostnameCount = 120;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["save-sites", var directory, var key, var version] || !SiteKey.TryParse(key, out SiteKey site))
        {
            await Console.Error.WriteLineAsync("This is a test assembly; run it with \"dotnet test\".");
            return 2;
        }

        FileSiteStore store = new(directory);
        for (long next = long.Parse(version, CultureInfo.InvariantCulture); ; next++)
        {
            await store.SaveAsync(VersionOf(site, next), CancellationToken.None);
            await Console.Out.WriteLineAsync(next.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Every member follows from the version, so that no mixture of two versions looks like one. Some 20 KB.</summary>
    public static Site VersionOf(SiteKey key, long version) => new()
    {
        Key = key,
        Version = version,
        Policy = new SitePolicy
        {
            Name = $"version {version}",
            Hostnames = [.. Enumerable.Range(0, (int)(HostnameCount + (version % 7))).Select(i => HostnameOf($"h{i}-{version}." + new string('x', 63) + "." + new string('y', 63)))],
            TokenTtlSeconds = (int)(1 + (version % 7200)),
        },
        Generation = new Generation((int)version),
        SecretHash = [.. SiteSecret.Hash($"secret {version}")],
        CreatedAt = new UnixSeconds(version),
    };

    private static Hostname HostnameOf(string text) => Hostname.TryParse(text, out Hostname hostname) ? hostname : throw new FormatException(text);
}
