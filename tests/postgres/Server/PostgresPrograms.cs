using System.Diagnostics;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>The programs of the newest server that is installed, run as the user that is made for it where we are root: as root they refuse.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";
    private const int OldestVersion = 15;

    private static readonly string? Folder = Find();

    /// <summary>Null: they are here.</summary>
    public static string? Missing => Folder is null ? $"needs a PostgreSQL server, {OldestVersion} or newer (Debian: postgresql)" : null;

    private static Process Start(string program, params string[] arguments)
    {
        string[] words = Environment.UserName == "root"
            ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups", Path.Combine(Folder!, program), .. arguments]
            : [Path.Combine(Folder!, program), .. arguments];
        Process process = Process.Start(new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>Starts what runs on; what it says is read, or it would stand still once the pipe is full, and dropped.</summary>
    public static Process Launch(string program, params string[] arguments)
    {
        Process process = Start(program, arguments);
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
