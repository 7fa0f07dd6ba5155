namespace CaptchaCluster.Gateway.Dialects;

/// <summary>The path of an endpoint, in which one segment may be a parameter: <c>/{sitekey}/siteverify</c>.</summary>
internal sealed class DialectPath
{
    private readonly string before;
    private readonly string after;

    /// <param name="template">As OpenAPI writes it.</param>
    /// <param name="valuePrefix">What every value of the parameter begins with.</param>
    public DialectPath(string template, string valuePrefix = "")
    {
        Template = template;
        int open = template.IndexOf('{');
        HasParameter = open >= 0;
        before = HasParameter ? template[..open] + valuePrefix : template;
        after = HasParameter ? template[(template.IndexOf('}') + 1)..] : "";
        PrefixLength = valuePrefix.Length;
    }

    public string Template { get; }

    public bool HasParameter { get; }

    private int PrefixLength { get; }

    /// <summary>In any case, with or without a slash at the end.</summary>
    /// <param name="path">Of a request.</param>
    /// <param name="value">Of the parameter; one segment, never empty.</param>
    public bool TryMatch(ReadOnlySpan<char> path, out ReadOnlySpan<char> value)
    {
        value = default;
        if (path.EndsWith('/')) path = path[..^1];
        if (!path.StartsWith(before, StringComparison.OrdinalIgnoreCase)) return false;
        if (!HasParameter) return path.Length == before.Length;
        if (path.Length <= before.Length + after.Length || !path.EndsWith(after, StringComparison.OrdinalIgnoreCase)) return false;
        ReadOnlySpan<char> segment = path[(before.Length - PrefixLength)..^after.Length];
        if (segment.Contains('/')) return false;
        value = segment;
        return true;
    }
}
