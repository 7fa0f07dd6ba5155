namespace CaptchaCluster.Tests.Chaos.Deployments.Cluster;

/// <summary>
/// The silo's program. It is of ring 2, which not every source of packages can build, so that this program cannot refer to it:
/// it is here where tests that do refer to it run this one, and else where its own build leaves it.
/// </summary>
internal static class SiloProgram
{
    private const string Name = "CaptchaCluster.Silo.dll";
    private const string Fix = "dotnet build silo -c Release";

    // Of what both are built from.
    private static readonly string[] Shared = ["CaptchaCluster.Core.dll", "CaptchaCluster.Storage.dll", "CaptchaCluster.Gateway.dll"];

    private static readonly Lazy<string> Found = new(() => Beside(AppContext.BaseDirectory) ?? BuiltPath());

    /// <summary>Also where it is missing.</summary>
    public static string Path => Found.Value;

    /// <summary>Why it cannot be started; null where it can.</summary>
    public static string? WhyNot
    {
        get
        {
            if (!File.Exists(Path)) return $"needs the silo's program, and there is no {Path}: {Fix}";
            string folder = System.IO.Path.GetDirectoryName(Path)!;
            string? other = Shared.FirstOrDefault(name => !AreSame(System.IO.Path.Combine(folder, name), System.IO.Path.Combine(AppContext.BaseDirectory, name)));
            return other is null ? null : $"needs the silo's program of the same sources, and {folder} holds another {other}: {Fix}";
        }
    }

    private static string? Beside(string folder)
    {
        string path = System.IO.Path.Combine(folder, Name);
        return File.Exists(path) ? path : null;
    }

    // bin/<configuration>/<framework> of this program, and of the other.
    private static string BuiltPath()
    {
        string own = AppContext.BaseDirectory.TrimEnd('/');
        string output = string.Join('/', own.Split('/')[^3..]);
        for (DirectoryInfo? folder = new(own); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "CaptchaCluster.sln"))) return System.IO.Path.Combine(folder.FullName, "silo", output, Name);
        }

        return System.IO.Path.Combine(own, Name);
    }

    private static bool AreSame(string one, string other) => File.Exists(one) && File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));
}
