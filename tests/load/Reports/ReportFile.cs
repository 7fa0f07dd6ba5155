namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>A file that a report will be written to.</summary>
internal static class ReportFile
{
    /// <summary>Makes it, so that an hour of load is not followed by the discovery that its report cannot be written.</summary>
    /// <exception cref="SetupException">It cannot be written.</exception>
    public static void CheckWritable(string? path, string option)
    {
        if (path is null) return;
        try
        {
            File.WriteAllText(path, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SetupException($"{option} {path}: {exception.Message}");
        }
    }
}
