using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Verification;

/// <summary>Reads a visitor's address as callers write it: with or without port, brackets or zone.</summary>
public static class ClientAddress
{
    private const int MaxLength = 64;

    public static bool TryParse(ReadOnlySpan<byte> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Length is 0 or > MaxLength || !Ascii.IsValid(text)) return false;
        Span<char> characters = stackalloc char[MaxLength];
        int length = Encoding.ASCII.GetChars(text, characters);
        return TryParse(characters[..length], out address);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        text = text.Trim();
        if (!IPEndPoint.TryParse(text, out IPEndPoint? endpoint)) return false;

        if (endpoint.Address.AddressFamily == AddressFamily.InterNetwork && !IsPlain(text, endpoint.Address)) return false;
        address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        return true;
    }

    // "1" and "0x7f.1" are addresses to inet_aton, not to anybody who logs visitors; and "010.0.0.1" is 8.0.0.1 to the one
    // and 10.0.0.1 to the other.
    private static bool IsPlain(ReadOnlySpan<char> text, IPAddress address)
    {
        Span<char> plain = stackalloc char["255.255.255.255".Length];
        return address.TryFormat(plain, out int length)
            && text.StartsWith(plain[..length])
            && (text.Length == length || text[length] == ':');
    }
}
