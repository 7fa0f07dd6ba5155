using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Gateway.Dialects;

/// <summary>
/// How one peer asks for a verification and how it words the verdict. Everything between is the same for all of them
/// (<see cref="VerificationEndpoint"/>). One instance serves all requests.
/// </summary>
internal interface IDialect
{
    /// <summary>In measurements and the description.</summary>
    string Name { get; }

    /// <summary>Where the peer's clients look for it. The first is described; the others are the same by another address.</summary>
    IReadOnlyList<DialectPath> Paths { get; }

    /// <summary>In body and query.</summary>
    FieldNames Fields { get; }

    /// <summary>Whether a GET is served too where <c>Gateway:AllowGetVerification</c> is set.</summary>
    bool HasGet => false;

    /// <summary>What the request proves itself with outside of its fields.</summary>
    Credentials CredentialsOf(HttpRequest request) => default;

    /// <summary>Writes the body of a verdict's answer and returns its status. Members without a value are left out, never null (X7).</summary>
    int Write(in Verdict verdict, ref JsonPieces reply);

    /// <summary>The body of an answer that is no verdict; asked for once.</summary>
    string TextOf(Refusal refusal);
}

/// <param name="Secret">Null: it is among the fields. Empty: it is missing.</param>
/// <param name="IsPair">A sitekey belongs to the secret.</param>
/// <param name="SiteKey">That sitekey; null where it is missing.</param>
internal readonly record struct Credentials(string? Secret, bool IsPair = false, string? SiteKey = null)
{
    /// <summary>Characters of both.</summary>
    public int Length => (Secret?.Length ?? 0) + (SiteKey?.Length ?? 0);
}
