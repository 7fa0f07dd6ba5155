using System.Security.Cryptography;

namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>Inputs that were judged wrongly once, one file each, in a folder for each parser. Every run begins with them.</summary>
internal static class Corpus
{
    public static IEnumerable<(string Name, byte[] Input)> Of(string target)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "corpus", target);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))
            : [];
    }

    /// <summary>Returns the file.</summary>
    public static string Add(string corpus, string target, byte[] input)
    {
        string folder = Directory.CreateDirectory(Path.Combine(corpus, target)).FullName;
        string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
        File.WriteAllBytes(path, input);
        return path;
    }
}
