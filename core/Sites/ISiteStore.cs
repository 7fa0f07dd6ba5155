namespace CaptchaCluster.Sites;

/// <summary>Where sites are durable.</summary>
public interface ISiteStore
{
    /// <summary>All sites, tombstones included. Throws <see cref="InvalidDataException"/> naming what cannot be read and how to mend it.</summary>
    ValueTask<IReadOnlyList<Site>> LoadAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes one version of a site durable, whole or not at all. Returns once a crash cannot undo it. Any exception means
    /// unknown: the old or the new version may be found after a restart.
    /// </summary>
    ValueTask SaveAsync(Site site, CancellationToken cancellation);
}
