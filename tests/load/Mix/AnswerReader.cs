namespace CaptchaCluster.Tests.Load.Mix;

/// <summary>
/// Reads a verdict of the siteverify dialect by its pieces. They cannot be found inside a text of the visitor's: there the
/// quotation marks would be escaped.
/// </summary>
internal static class AnswerReader
{
    public static Answer Read(int status, ReadOnlySpan<byte> body)
    {
        // 502 and 504 come from proxies, which know no more than we do whether the request was carried out.
        if (status is 502 or 503 or 504) return Answer.Unknown;
        if (status != 200) return Answer.Other;
        if (Has(body, "\"success\":true"u8)) return Answer.Success;
        if (!Has(body, "\"success\":false"u8)) return Answer.Other;
        if (Has(body, "\"error-codes\":[\"timeout-or-duplicate\""u8))
        {
            if (Has(body, "\"reason\":\"duplicate\""u8)) return Answer.Duplicate;
            return Has(body, "\"reason\":\"expired\""u8) ? Answer.Expired : Answer.Other;
        }

        if (Has(body, "\"error-codes\":[\"invalid-input-secret\"]"u8)) return Answer.InvalidSecret;
        return Has(body, "\"error-codes\":[\"invalid-input-response\"]"u8) ? Answer.InvalidToken : Answer.Other;
    }

    private static bool Has(ReadOnlySpan<byte> body, ReadOnlySpan<byte> piece) => body.IndexOf(piece) >= 0;
}
