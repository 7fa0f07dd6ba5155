namespace CaptchaCluster.Tests.Processes;

/// <summary>A file system of its own and of a few megabytes (tmpfs) that can be filled up.</summary>
internal sealed class SmallDisk : IDisposable
{
    private static readonly Lazy<string?> Obstacle = new(() =>
    {
        try
        {
            new SmallDisk().Dispose();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    });

    private readonly TestDirectory directory = new();

    public SmallDisk(int megabytes = 2)
    {
        Directory.CreateDirectory(Root);
        if (Tool.Complaint("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "captchacluster-test", Root) is not { } complaint) return;
        directory.Dispose();
        throw new InvalidOperationException(complaint);
    }

    /// <summary>Why none can be made here; null where it can.</summary>
    public static string? WhyNot => Environment.IsPrivilegedProcess ? Obstacle.Value : "only root may mount";

    /// <summary>For the gateway, which makes it.</summary>
    public string Data => Path.Combine(Root, "data");

    private string Root => Path.Combine(directory.Root, "disk");

    private string Filler => Path.Combine(Root, "filler");

    /// <summary>Leaves no byte that a file could still be given; the last page of a file may have some left of its own.</summary>
    public void Fill()
    {
        using FileStream file = new(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] page = new byte[Environment.SystemPageSize];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        Tool.Run("umount", Root);
        directory.Dispose();
    }
}
