using System.Diagnostics;

namespace CaptchaCluster.Tests.Processes;

/// <summary>A program of the system that does its work and ends.</summary>
internal static class Tool
{
    /// <summary>Null where it succeeded, otherwise what it said.</summary>
    public static string? Complaint(string program, params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{program} ended with {process.ExitCode}: {said.Trim().ReplaceLineEndings(" ")}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"{program} is not installed";
        }
    }

    /// <summary>What it writes to its standard output. Throws where it does not succeed.</summary>
    public static string Output(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException($"{program} is not installed");
        }
    }

    public static void Run(string program, params string[] arguments)
    {
        if (Complaint(program, arguments) is { } complaint) throw new InvalidOperationException(complaint);
    }
}
