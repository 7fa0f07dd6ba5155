namespace CaptchaCluster.Silo.Hosting;

/// <summary>This process's part in the cluster. Disposing it leaves the cluster in order.</summary>
internal interface IMember : IAsyncDisposable
{
    IClusterClient Client { get; }
}
