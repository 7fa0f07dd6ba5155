using System.Buffers.Binary;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Grains.Redemption;

/// <summary>Items of one size in a row, their numbers big-endian.</summary>
internal static class Packed
{
    /// <summary>What a request begins with: token id 16, expiry 8, site 16, generation 4.</summary>
    public const int HeadSize = TokenId.Size + sizeof(long) + SiteKey.Size + sizeof(int);

    public delegate void Writer<T>(in T item, Span<byte> target);

    public delegate T Reader<T>(ReadOnlySpan<byte> source);

    public static byte[] Write<T>(IReadOnlyList<T> items, int size, Writer<T> write)
    {
        byte[] bytes = new byte[items.Count * size];
        for (int i = 0; i < items.Count; i++) write(items[i], bytes.AsSpan(i * size, size));
        return bytes;
    }

    /// <exception cref="InvalidDataException">They are not whole.</exception>
    public static T[] Read<T>(byte[] bytes, int size, Reader<T> read)
    {
        if (bytes.Length % size != 0) throw new InvalidDataException($"{bytes.Length} bytes are not items of {size}.");
        T[] items = new T[bytes.Length / size];
        for (int i = 0; i < items.Length; i++) items[i] = read(bytes.AsSpan(i * size, size));
        return items;
    }

    public static void WriteHead(Span<byte> target, TokenId token, UnixSeconds expiresAt, SiteKey site, int generation)
    {
        token.Write(target);
        BinaryPrimitives.WriteInt64BigEndian(target[16..], expiresAt.Value);
        site.Write(target[24..]);
        BinaryPrimitives.WriteInt32BigEndian(target[40..], generation);
    }

    public static (TokenId Token, UnixSeconds ExpiresAt, SiteKey Site, int Generation) ReadHead(ReadOnlySpan<byte> source) => (
        TokenId.Read(source),
        new UnixSeconds(BinaryPrimitives.ReadInt64BigEndian(source[16..])),
        SiteKey.Read(source[24..]),
        BinaryPrimitives.ReadInt32BigEndian(source[40..]));
}
