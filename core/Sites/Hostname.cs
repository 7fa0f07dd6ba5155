using System.Buffers;
using System.Net;
using System.Text;

namespace CaptchaCluster.Sites;

/// <summary>
/// A host name in canonical form: lower-case letters, digits, hyphens and dots (internationalised names in their
/// <c>xn--</c> form), or an IP address; no scheme, port, path or wildcard (Turnstile, "Hostname management").
/// </summary>
public sealed class Hostname : IEquatable<Hostname>
{
    /// <summary>Characters, by DNS.</summary>
    public const int MaxLength = 253;

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly string text;
    private readonly byte[] utf8;
    private readonly bool isAddress;

    private Hostname(string text, bool isAddress)
    {
        this.text = text;
        this.isAddress = isAddress;
        utf8 = Encoding.ASCII.GetBytes(text);
    }

    public static bool TryParse(string? value, out Hostname hostname)
    {
        hostname = null!;
        // ASCII before its lower case: that of the Kelvin sign is k. And a zone of an address means something on one host only.
        if (string.IsNullOrEmpty(value) || value.Length > MaxLength || !Ascii.IsValid(value) || value.Contains('%')) return false;
        string lower = value.ToLowerInvariant();
        // A last label of digits alone is an IPv4 address or nothing (WHATWG URL, "ends in a number").
        bool isAddress = lower.Contains(':') || !lower.AsSpan(lower.LastIndexOf('.') + 1).ContainsAnyExceptInRange('0', '9');
        if (isAddress)
        {
            if (!IPAddress.TryParse(lower, out IPAddress? address) || address.ToString() != lower) return false;
        }
        else
        {
            foreach (Range range in lower.AsSpan().Split('.'))
            {
                ReadOnlySpan<char> label = lower.AsSpan(range);
                if (label.Length is 0 or > 63 || label.ContainsAnyExcept(LabelCharacters)) return false;
                if (label[0] == '-' || label[^1] == '-') return false;
            }
        }

        hostname = new Hostname(lower, isAddress);
        return true;
    }

    /// <summary>True for this very host and, unless it is an address, for its subdomains.</summary>
    public bool Covers(ReadOnlySpan<byte> other) =>
        other.SequenceEqual(utf8)
        || (!isAddress && other.Length > utf8.Length + 1 && other.EndsWith(utf8) && other[^(utf8.Length + 1)] == (byte)'.');

    public bool Equals(Hostname? other) => other is not null && other.text == text;

    public override bool Equals(object? obj) => Equals(obj as Hostname);

    public override int GetHashCode() => text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => text;
}
