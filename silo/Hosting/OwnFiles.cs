using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Storage.File;
using CaptchaCluster.Storage.File.Audit;

namespace CaptchaCluster.Silo.Hosting;

/// <summary>What a gateway of a cluster keeps in its data directory, as it has no database: its own audit log and its own management tokens.</summary>
internal sealed partial class OwnFiles : IDisposable
{
    private readonly DataDirectory directory;

    private OwnFiles(DataDirectory directory) => this.directory = directory;

    public FileAuditLog AuditLog { get; private set; } = null!;

    public ManagementTokens ManagementTokens { get; private set; } = null!;

    /// <exception cref="StartupException">The directory or a file in it cannot be used.</exception>
    public static OwnFiles Open(NodeStart start)
    {
        GatewaySettings settings = start.Settings.Gateway;
        OwnFiles? files = null;
        try
        {
            files = new OwnFiles(DataDirectory.Open(settings.DataDirectory));
            ILogger logger = start.Loggers.CreateLogger<FileAuditLog>();
            files.AuditLog = FileAuditLog.Open(files.directory.Root, new FileAuditLogOptions(), notice => Log.Notice(logger, notice));
            files.ManagementTokens = new ManagementTokens(ManagementTokenFile.Open(files.directory.Root, start.Restored), start.Clock);
            return files;
        }
        catch (Exception exception)
        {
            files?.Dispose();
            if (exception is DataDirectoryException or InvalidDataException) throw new StartupException(exception.Message, exception);
            if (exception is IOException or UnauthorizedAccessException)
                throw new StartupException($"The data directory '{settings.DataDirectory}' cannot be used: {exception.Message}", exception);
            throw;
        }
    }

    public void Dispose()
    {
        AuditLog?.Dispose();
        directory.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Notice}")]
        public static partial void Notice(ILogger logger, string notice);
    }
}
