namespace CaptchaCluster.Grains.Sites;

/// <summary>
/// The owner of one site's configuration and secrets; its key is the sitekey. Changes of a site take turns here, and each is
/// made only to the version that it was decided on: of two that were decided on one, the second is decided again.
/// </summary>
/// <remarks>Secrets do not come here, only their hashes.</remarks>
[Alias("captchacluster.ISiteGrain")]
public interface ISiteGrain : IGrainWithStringKey
{
    /// <summary>Longer than the database takes to give up.</summary>
    const string Patience = "00:00:15";

    /// <summary>Makes a site what is given, if it still is of the expected version; 0: if there is none.</summary>
    [Alias("Replace"), ResponseTimeout(Patience)]
    Task<SiteReply> ReplaceAsync(long expectedVersion, SiteRecord site);
}

public enum SiteChange
{
    /// <summary>It may have been made, or not (I5).</summary>
    Unknown = 0,

    /// <summary>Made, and durable.</summary>
    Made = 1,

    /// <summary>Not made: another was first.</summary>
    Stale = 2,
}

[GenerateSerializer, Immutable, Alias("captchacluster.SiteReply")]
public sealed class SiteReply
{
    [Id(0)]
    public required SiteChange Change { get; init; }

    /// <summary>As it is durable now; only with Made.</summary>
    [Id(1)]
    public SiteRecord? Site { get; init; }

    /// <summary>Why nothing is known; only with Unknown.</summary>
    [Id(2)]
    public string? Problem { get; init; }
}
