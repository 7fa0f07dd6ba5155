using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Redemption;

/// <summary>One attempt to redeem one token, already authenticated.</summary>
/// <param name="Token">The token's id.</param>
/// <param name="ExpiresAt">The token's own expiry: an id determines it.</param>
/// <param name="Site">The site the token was minted for.</param>
/// <param name="Generation">Of the secret that authenticated the request; <see cref="Generation.NoSecret"/> where none was asked for.</param>
/// <param name="Attempt">Whose try it is.</param>
public readonly record struct RedemptionRequest(
    TokenId Token, UnixSeconds ExpiresAt, SiteKey Site, Generation Generation, AttemptKey Attempt);

/// <summary>The durable fact that a token was spent.</summary>
/// <param name="Token">The token's id.</param>
/// <param name="ExpiresAt">The token's expiry.</param>
/// <param name="Site">Whose token it was.</param>
/// <param name="Attempt">The one attempt that is ever told success.</param>
/// <param name="At">When it was recorded, by the authority's clock.</param>
public readonly record struct RedemptionFact(
    TokenId Token, UnixSeconds ExpiresAt, SiteKey Site, AttemptKey Attempt, UnixSeconds At);
