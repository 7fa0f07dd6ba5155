using System.Diagnostics;

namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>The programs of the newest server that is installed, run as the user that is made for it where we are root: as root they refuse.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";
    private const int OldestVersion = 15;

    private static readonly string? Folder = Find();

    /// <summary>Null: they are here.</summary>
    public static string? Missing => Folder is null ? $"needs a PostgreSQL server, {OldestVersion} or newer (Debian: postgresql)" : null;

    /// <summary>What to start for one of them.</summary>
    public static string[] Command(string program, params IEnumerable<string> arguments) => Environment.UserName == "root"
        ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups", Path.Combine(Folder!, program), .. arguments]
        : [Path.Combine(Folder!, program), .. arguments];

    private static Process Start(string program, params string[] arguments)
    {
        string[] words = Command(program, arguments);
        Process process = Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>Starts what runs on; what it says goes to <paramref name="log"/>.</summary>
    public static Process Launch(OutputLines log, string program, params string[] arguments)
    {
        Process process = Start(program, arguments);
        process.ErrorDataReceived += (_, line) => log.Add(line.Data ?? "(ended)");
        process.BeginErrorReadLine();
        return process;
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {said}");
    }

    public static void GiveAway(string directory)
    {
        if (Environment.UserName != "root") return;
        using Process process = Process.Start("chown", [User, directory]);
        process.WaitForExit();
    }

    private static string? Find()
    {
        const string root = "/usr/lib/postgresql";
        if (!Directory.Exists(root)) return null;
        return Directory.GetDirectories(root)
            .Where(path => int.TryParse(Path.GetFileName(path), out int version) && version >= OldestVersion && File.Exists(Path.Combine(path, "bin", "initdb")))
            .OrderByDescending(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture))
            .Select(path => Path.Combine(path, "bin"))
            .FirstOrDefault();
    }
}
