using System.Net;
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

        // "1" or "0x7f.1" are addresses to inet_aton, not to anybody who logs visitors.
        if (endpoint.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Count('.') != 3) return false;
        address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        return true;
    }
}
