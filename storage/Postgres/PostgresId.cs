using System.Buffers.Binary;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>Our 128-bit names as uuids, so that their order in the database is that of their bytes.</summary>
internal static class PostgresId
{
    private const int Size = 16;

    public static Guid Of(SiteKey site) => Of(site.High, site.Low);

    public static Guid Of(AttemptKey attempt) => Of(attempt.High, attempt.Low);

    public static Guid Of(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new Guid(bytes, bigEndian: true);
    }

    public static (ulong High, ulong Low) Split(Guid id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}
