using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Backup;
using CaptchaCluster.Storage.File.Ledger;

namespace CaptchaCluster.Gateway.Admin.Backup;

/// <summary>How a backup ended. A closed set.</summary>
internal abstract record BackupResult
{
    /// <param name="Folder">Where it is.</param>
    /// <param name="BegunAt">What was acknowledged by then is in it.</param>
    /// <param name="Files">How many.</param>
    /// <param name="Bytes">Of all of them.</param>
    /// <param name="Sites">Deleted ones among them.</param>
    public sealed record Made(string Folder, UnixSeconds BegunAt, int Files, long Bytes, int Sites) : BackupResult;

    public sealed record Obstructed(BackupObstacle Obstacle) : BackupResult;

    /// <summary>Another one is under way.</summary>
    public sealed record Busy : BackupResult;

    /// <param name="Cause">For people.</param>
    /// <param name="IsFolderClean">Nothing of it is left.</param>
    public sealed record Failed(string Cause, bool IsFolderClean) : BackupResult;
}

/// <summary>
/// Copies everything a node has, while it goes on. First the ledger, then the sites: so every site that the ledger's copy
/// names is there. The audit log is last, so that it tells of everything that is in the copy.
/// </summary>
internal sealed class NodeBackup(EmbeddedNode node, TimeProvider clock) : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>Runs on a thread of its own, as all of it is disk.</summary>
    public async Task<BackupResult> RunAsync(string path)
    {
        if (!await oneAtATime.WaitAsync(0)) return new BackupResult.Busy();
        try
        {
            return await Task.Factory.StartNew(() => Run(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Breaks off the one that is under way, and lets none begin.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await oneAtATime.WaitAsync();
    }

    public void Dispose()
    {
        stop.Dispose();
        oneAtATime.Dispose();
    }

    private BackupResult Run(string path)
    {
        BackupFolder? folder = null;
        try
        {
            BackupObstacle obstacle = BackupFolder.ObstacleTo(path, node.DataRoot);
            if (obstacle != BackupObstacle.None) return new BackupResult.Obstructed(obstacle);
            UnixSeconds begunAt = UnixSeconds.Now(clock);
            folder = BackupFolder.Create(path, begunAt, stop.Token);
            using (PinnedLedger ledger = node.PinLedger()) ledger.CopyTo(folder);
            int sites = CopyRest(folder);
            folder.Complete();
            return new BackupResult.Made(folder.Root, begunAt, folder.FileCount, folder.Bytes, sites);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or OperationCanceledException)
        {
            string cause = exception is OperationCanceledException ? "The node is ending." : exception.Message;
            return new BackupResult.Failed(cause, folder?.Abandon() ?? true);
        }
    }

    private int CopyRest(BackupFolder folder)
    {
        IReadOnlyList<Sites.Site> sites = node.Sites.Directory.ListAll();
        FileSiteStore.Copy(sites, folder);
        if (node.Keys is { } keys) folder.Write(KeyRingFile.Name, KeyRingFile.Encode(keys.Current));
        if (node.AdminKeyPath is not null) folder.Write(AdminKeyFile.Name, AdminKeyFile.Encode(node.AdminKey));
        node.AuditLog.CopyTo(folder);
        return sites.Count;
    }
}
