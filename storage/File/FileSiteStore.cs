using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File.Backup;
using BclFile = System.IO.File;

namespace CaptchaCluster.Storage.File;

/// <summary>
/// One indented JSON file a site, replaced whole, so that a crash at any instant leaves the old version or the new. A person
/// can read it; what is secret in it is a hash, or sealed.
/// </summary>
/// <param name="directory">Of a <see cref="DataDirectory"/>, locked by this process.</param>
public sealed class FileSiteStore(string directory) : ISiteWriter
{
    private const string Suffix = ".json";

    public ValueTask<IReadOnlyList<Site>> LoadAsync(CancellationToken cancellation)
    {
        AtomicFile.RemoveLeftovers(directory);

        // A crash may have come between a file's renaming and the sync of its directory: what is read now must stay.
        Posix.SyncDirectory(directory);
        List<Site> sites = [];
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Suffix).Order(StringComparer.Ordinal)) sites.Add(Read(path));
        return new(sites);
    }

    public ValueTask SaveAsync(Site site, CancellationToken cancellation)
    {
        AtomicFile.Write(Path.Combine(directory, site.Key + Suffix), Encode(site));
        return ValueTask.CompletedTask;
    }

    /// <summary>Copies sites as they are known, each as one version of it.</summary>
    public static void Copy(IReadOnlyList<Site> sites, BackupFolder folder)
    {
        foreach (Site site in sites) folder.Write($"sites/{site.Key}{Suffix}", Encode(site));
    }

    private static byte[] Encode(Site site) => JsonSerializer.SerializeToUtf8Bytes(SiteDocument.Of(site), SiteDocumentContext.Default.SiteDocument);

    private static Site Read(string path)
    {
        try
        {
            SiteDocument document = JsonSerializer.Deserialize(BclFile.ReadAllBytes(path), SiteDocumentContext.Default.SiteDocument)
                ?? throw new FormatException("it is null");
            Site site = document.ToSite();
            return site.Key + Suffix == Path.GetFileName(path) ? site : throw new FormatException("its sitekey is not its file's name");
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new InvalidDataException(
                $"The site file '{path}' cannot be read: {exception.Message} Mend it, or restore it from a backup.", exception);
        }
    }
}
