namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>How reading a request ended. There is no other way: no input makes a parser throw.</summary>
internal enum ParseOutcome : byte
{
    /// <summary>The request was understood; which fields it had is in <see cref="RequestFields"/>.</summary>
    Parsed,

    /// <summary>The verdict <c>bad-request</c>: not parseable, a field named twice in one source, or one over its limit.</summary>
    BadRequest,

    /// <summary>HTTP 415, not a verdict: there is a body, and its Content-Type is missing or none of ours.</summary>
    UnsupportedMediaType,
}
