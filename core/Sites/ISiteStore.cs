namespace CaptchaCluster.Sites;

/// <summary>Where sites are durable, and what serialises changes to one.</summary>
public interface ISiteStore
{
    /// <summary>
    /// Reads a site under the store's lock, lets <paramref name="change"/> decide, and makes what it decided durable, whole or
    /// not at all. Returns once a crash cannot undo it. Any exception of the store means unknown: the old or the new version
    /// may be found afterwards.
    /// </summary>
    /// <param name="key">Of the site.</param>
    /// <param name="change">
    /// Gets the site as it is, or null where there never was one, and tombstones too. Returns what it shall be: the same
    /// instance changes nothing, null gives up. Called again, with what is found then, where somebody else was first.
    /// </param>
    /// <returns>The site as it is durable now, with its version; null where it was given up.</returns>
    ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change);
}

/// <summary>Where the one process that owns all sites writes them.</summary>
public interface ISiteWriter
{
    /// <summary>
    /// Makes one version of a site durable, whole or not at all. Returns once a crash cannot undo it. Any exception means
    /// unknown: the old or the new version may be found after a restart.
    /// </summary>
    ValueTask SaveAsync(Site site, CancellationToken cancellation);
}

/// <summary>Sites as a store that others change too has them now.</summary>
public interface ISiteSource
{
    /// <summary>Those of the keys that exist, tombstones included, as of a moment after the call began.</summary>
    /// <exception cref="Redemption.UnknownOutcomeException">They could not be read.</exception>
    ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys);

    /// <summary>
    /// The next sites of a higher version, tombstones included, as of a moment after the call began. Whoever goes on from the
    /// last one's version until a page is the last has seen every site: one that is changed meanwhile has moved to a later page.
    /// </summary>
    /// <exception cref="Redemption.UnknownOutcomeException">They could not be read.</exception>
    ValueTask<SitePage> ReadAfterAsync(long version);
}
