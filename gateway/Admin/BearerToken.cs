namespace CaptchaCluster.Gateway.Admin;

/// <summary>What a request presents as <c>Authorization: Bearer</c>.</summary>
internal static class BearerToken
{
    public const string Scheme = "Bearer";

    /// <summary>Null where there is none, or more than one header.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase)
            ? header[(Scheme.Length + 1)..].Trim()
            : null;
}
