using System.Buffers.Text;
using System.Text;

namespace CaptchaCluster.Tests.Load.Http;

/// <summary>Puts requests together from bytes made beforehand: what differs from one to the next is a token, a key and a length.</summary>
internal sealed class RequestWriter
{
    /// <summary>Bytes that any request fits.</summary>
    public const int MaxLength = 8 * 1024;

    private const int MaxKeyDigits = 20;

    private readonly byte[] head;
    private readonly byte[] rightSecret;
    private readonly byte[] wrongSecret;

    public RequestWriter(Target target, string secret, string wrongSecret)
    {
        head = Encoding.ASCII.GetBytes(
            $"POST {target.Url.PathAndQuery} HTTP/1.1\r\nHost: {target.Host}\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
        rightSecret = SecretField(secret);
        this.wrongSecret = SecretField(wrongSecret);
        if (head.Length + rightSecret.Length > MaxLength / 2) throw new SetupException("The URL and the secret are too long for this client.");
    }

    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    private static ReadOnlySpan<byte> KeyField => "&idempotency_key=load-"u8;

    /// <summary>Returns the length of the request.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/>.</param>
    /// <param name="isSecretRight">Which of the two secrets.</param>
    /// <param name="token">Nothing in it needs escaping in a form.</param>
    /// <param name="key">Names the submission; 0 sends no idempotency key.</param>
    public int Write(Span<byte> destination, bool isSecretRight, ReadOnlySpan<byte> token, long key)
    {
        Span<byte> number = stackalloc byte[MaxKeyDigits];
        int digits = 0;
        if (key != 0) Utf8Formatter.TryFormat(key, number, out digits);
        byte[] secret = isSecretRight ? rightSecret : wrongSecret;
        int bodyLength = secret.Length + token.Length + (key == 0 ? 0 : KeyField.Length + digits);

        head.CopyTo(destination);
        int at = head.Length;
        Utf8Formatter.TryFormat(bodyLength, destination[at..], out int written);
        at += written;
        Append(destination, ref at, EndOfHead);
        Append(destination, ref at, secret);
        Append(destination, ref at, token);
        if (key == 0) return at;
        Append(destination, ref at, KeyField);
        Append(destination, ref at, number[..digits]);
        return at;
    }

    private static void Append(Span<byte> destination, ref int at, ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(destination[at..]);
        at += piece.Length;
    }

    private static byte[] SecretField(string secret) => Encoding.ASCII.GetBytes($"secret={Uri.EscapeDataString(secret)}&response=");
}
