namespace CaptchaCluster.Grains.Sites;

/// <summary>What gateways ask any silo about sites: it reads the store for them. Keys mean nothing: another one may lead to another silo.</summary>
[Alias("captchacluster.ISiteReaderGrain")]
public interface ISiteReaderGrain : IGrainWithIntegerKey
{
    /// <summary>Below it a silo that hangs is not told from one whose database is slow.</summary>
    const string Patience = "00:00:05";

    /// <summary>As <see cref="CaptchaCluster.Sites.ISiteSource.ReadAsync"/>.</summary>
    /// <param name="keys">16 bytes each.</param>
    [Alias("Read"), ResponseTimeout(Patience)]
    Task<SiteList> ReadAsync(byte[] keys);

    /// <summary>As <see cref="CaptchaCluster.Sites.ISiteSource.ReadAfterAsync"/>: one page.</summary>
    [Alias("ReadAfter"), ResponseTimeout(Patience)]
    Task<SiteList> ReadAfterAsync(long version);

    /// <summary>Returns when there are sites of a higher version, or after a second: so a change is pushed to whoever waits here.</summary>
    [Alias("WaitForChange"), ResponseTimeout("00:00:03")]
    Task WaitForChangeAsync(long version);
}

[GenerateSerializer, Immutable, Alias("captchacluster.SiteList")]
public sealed class SiteList
{
    /// <summary>Null: they could not be read.</summary>
    [Id(0)]
    public SiteRecord[]? Sites { get; init; }

    /// <summary>Why; only without sites.</summary>
    [Id(1)]
    public string? Problem { get; init; }

    /// <summary>There are sites of higher versions than these; only where they were asked for.</summary>
    [Id(2)]
    public bool HasMore { get; init; }
}
