namespace CaptchaCluster.Tests.Load.Mix;

/// <summary>What a request is, which says what must be answered to it.</summary>
internal enum RequestKind
{
    /// <summary>A token that nobody has redeemed: success.</summary>
    Fresh,

    /// <summary>A token whose success was answered before this was sent: duplicate.</summary>
    Duplicate,

    /// <summary>A token with one character changed: not a token.</summary>
    Forged,

    /// <summary>A token past its expiry.</summary>
    Expired,

    /// <summary>An unspent token with a secret that is not the site's. It must stay unspent: it is sent as a fresh one later (I6).</summary>
    WrongSecret,

    /// <summary>A token and an idempotency key that got success before: success again (I3).</summary>
    Retry,
}

/// <summary>What was answered. A closed set.</summary>
internal enum Answer
{
    /// <summary>No verdict: 503, from the deployment or from a proxy before it. The outcome may be anything.</summary>
    Unknown,

    Success,
    Duplicate,
    Expired,
    InvalidToken,
    InvalidSecret,

    /// <summary>Something that no request of this client may be answered.</summary>
    Other,
}

internal static class Expectation
{
    /// <summary>Every kind, in the order of reports.</summary>
    public static IReadOnlyList<RequestKind> Kinds { get; } = Enum.GetValues<RequestKind>();

    /// <summary>The one answer that is right; besides it, only <see cref="Answer.Unknown"/> is no fault.</summary>
    public static Answer Of(RequestKind kind) => kind switch
    {
        RequestKind.Fresh or RequestKind.Retry => Answer.Success,
        RequestKind.Duplicate => Answer.Duplicate,
        RequestKind.Forged => Answer.InvalidToken,
        RequestKind.Expired => Answer.Expired,
        RequestKind.WrongSecret => Answer.InvalidSecret,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a kind of request"),
    };

    /// <summary>As the command line and the reports have it.</summary>
    public static string NameOf(RequestKind kind) => kind switch
    {
        RequestKind.WrongSecret => "wrong-secret",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
