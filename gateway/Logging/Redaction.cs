using System.Text.RegularExpressions;

namespace CaptchaCluster.Gateway.Logging;

/// <summary>
/// The last line of I11: nothing of ours logs a secret, a token or a query string, but what the framework says of a request
/// at its lower levels, or what an exception repeats, is not ours.
/// </summary>
/// <param name="adminKey">A configured one, which can look like anything; null: made by us, and known by its prefix.</param>
internal sealed partial class Redaction(string? adminKey)
{
    private const string Omitted = "[omitted]";

    public string Of(string text)
    {
        if (adminKey is not null) text = text.Replace(adminKey, Omitted, StringComparison.Ordinal);
        return Secret().Replace(text, Omitted);
    }

    // Secrets and generated admin keys by their prefix, tokens by the base64url of {"v":1,"k":", the credentials of a header,
    // and what stands behind the question mark of a path.
    [GeneratedRegex(
        @"(?<=cpt_(sec|adm)_)\w+|(?<=eyJ2IjoxLCJrIjoi)[\w-]+|(?<=\bBearer\s+)\S+|(?<=/[^\s?'""]*\?)[^\s'""]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
