using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>How a store ended one item of a batch. A closed set.</summary>
public enum CommitStatus
{
    /// <summary>Not established for this item (I5). Where it holds for all, the store throws instead.</summary>
    Unknown = 0,

    /// <summary>Durable now, by this commit.</summary>
    Recorded,

    /// <summary>Was durable before; the result tells by which attempt.</summary>
    Existing,

    /// <summary>The site or the generation is no longer valid.</summary>
    RetiredGeneration,

    /// <summary>By the store's clock or its purge horizon.</summary>
    Expired,
}

/// <param name="Status">How the item ended.</param>
/// <param name="Attempt">Whose redemption it is; with Recorded and Existing.</param>
/// <param name="At">When; with Recorded and Existing.</param>
public readonly record struct CommitResult(CommitStatus Status, AttemptKey Attempt = default, UnixSeconds At = default);

/// <summary>
/// The arbiter of redemptions: what it has recorded is so, after any crash. Called by one owner, one call at a time.
/// </summary>
public interface IRedemptionStore
{
    /// <summary>
    /// Tokens that expire at or before it are expired whatever any clock says; their redemptions may be gone. Never shrinks,
    /// also across restarts.
    /// </summary>
    UnixSeconds Horizon { get; }

    /// <summary>Tokens issued at or before it are refused: set when a ledger came back from a backup. Never shrinks.</summary>
    UnixSeconds IssuedFloor { get; }

    /// <summary>False once nothing more can be committed: readiness ends, every outcome is unknown (I9).</summary>
    bool CanCommit { get; }

    /// <summary>
    /// Records a batch. Returns when every item is settled and durable; the order of results is the order of the batch.
    /// </summary>
    /// <param name="batch">
    /// No token twice. Owned by the caller again once the call has ended. Expiries reach up to Tokens:MaxTtlSeconds ahead, or
    /// twice <see cref="NonceRedeemer.MaxLifetimeSeconds"/> where that is more.
    /// </param>
    /// <param name="results">As long as the batch; filled on return.</param>
    /// <param name="now">The owner's wall clock, for stores without a clock of their own.</param>
    /// <exception cref="UnknownOutcomeException">Nothing is known of any item (I5).</exception>
    ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now);

    /// <summary>
    /// Forgets redemptions of tokens that expired at or before <paramref name="upTo"/>, as far as whole units allow, after
    /// making <see cref="Horizon"/> at least that durable. Cheap where there is nothing to do.
    /// </summary>
    /// <exception cref="UnknownOutcomeException">As for a commit.</exception>
    ValueTask PurgeAsync(UnixSeconds upTo);
}

/// <summary>
/// A ledger that other processes record in too, and that knows the sites' generations itself. What its owner remembers is
/// only a part: it may say "duplicate", and nothing that grants or denies a redemption on the ground of what is missing (I8).
/// </summary>
public interface ISharedRedemptionStore : IRedemptionStore
{
    /// <summary>Tells what is durable of each token, as of a moment after the call began. Records nothing.</summary>
    /// <param name="tokens">Owned by the caller again once the call has ended.</param>
    /// <param name="outcomes">As long as the tokens; filled on return.</param>
    /// <exception cref="UnknownOutcomeException">Nothing could be read (I5).</exception>
    ValueTask PeekAsync(ReadOnlyMemory<PeekRequest> tokens, Memory<PeekOutcome> outcomes);
}

/// <param name="Token">The token's id.</param>
/// <param name="ExpiresAt">The token's own expiry: an id determines it.</param>
/// <param name="Asker">Whose secret must be valid for the look to tell anything but Retired (I8); null: nobody's.</param>
public readonly record struct PeekRequest(TokenId Token, UnixSeconds ExpiresAt, SiteGeneration? Asker = null);

/// <summary>The outcome of a commit could not be established: it may be durable, now or later, or never.</summary>
public sealed class UnknownOutcomeException(string message, Exception? inner = null) : Exception(message, inner);
