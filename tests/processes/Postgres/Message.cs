using System.Buffers.Binary;
using System.Text;

namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>One message of PostgreSQL's protocol, version 3, with its type and its length.</summary>
/// <param name="Bytes">All of it.</param>
internal readonly record struct Message(byte[] Bytes)
{
    /// <summary>Type and length.</summary>
    public const int HeadSize = 5;

    private const string InsertOfRedemptions = "INSERT INTO redemption (";

    // The first of a connection has none.
    private char Type => (char)Bytes[0];

    /// <summary>Of the client: the end of what it sends at once.</summary>
    public bool IsSync => Type == 'S';

    /// <summary>Of the server: all that was sent until a sync is done, its transaction over.</summary>
    public bool IsReady => Type == 'Z';

    public bool IsBindComplete => Type == '2';

    public bool IsError => Type == 'E';

    /// <summary>Parse, Bind, Describe of the client; ParseComplete, BindComplete, rows and their description of the server.</summary>
    public bool IsFollowedByMore => Type is 'P' or 'B' or 'D' or '1' or '2' or 'T';

    /// <summary>Parse, of the client: name, text.</summary>
    public bool PreparesInsert(out string name)
    {
        name = "";
        if (Type != 'P') return false;
        name = TextAt(HeadSize, out int next);
        return TextAt(next, out _).Contains(InsertOfRedemptions, StringComparison.Ordinal);
    }

    /// <summary>Bind, of the client: portal, name.</summary>
    public bool Binds(string? name)
    {
        if (Type != 'B' || name is null) return false;
        TextAt(HeadSize, out int next);
        return TextAt(next, out _) == name;
    }

    /// <summary>DataRow, of the server, whose first column is a uuid in binary.</summary>
    public bool TryReadId(out UInt128 id)
    {
        const int value = HeadSize + sizeof(short) + sizeof(int);
        id = default;
        if (Type != 'D' || Bytes.Length < value + 16 || BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(value - sizeof(int))) != 16) return false;
        id = BinaryPrimitives.ReadUInt128BigEndian(Bytes.AsSpan(value));
        return true;
    }

    /// <summary>Bind, of the client, whose first parameter is an array of uuids in binary.</summary>
    public UInt128[] ReadIds()
    {
        const int lengthOfOne = sizeof(int), lengthOfId = 16;
        TextAt(HeadSize, out int at);
        TextAt(at, out at);
        short formats = BinaryPrimitives.ReadInt16BigEndian(Bytes.AsSpan(at));
        ReadOnlySpan<byte> array = Bytes.AsSpan(at + sizeof(short) + (formats * sizeof(short)) + sizeof(short) + sizeof(int));
        if (BinaryPrimitives.ReadInt32BigEndian(array) == 0) return []; // dimensions; then come flags, type, count and lower bound
        UInt128[] ids = new UInt128[BinaryPrimitives.ReadInt32BigEndian(array[(3 * sizeof(int))..])];
        array = array[(5 * sizeof(int))..];
        for (int i = 0; i < ids.Length; i++) ids[i] = BinaryPrimitives.ReadUInt128BigEndian(array[((i * (lengthOfOne + lengthOfId)) + lengthOfOne)..]);
        return ids;
    }

    private string TextAt(int start, out int next)
    {
        int end = Array.IndexOf(Bytes, (byte)0, start);
        next = end + 1;
        return Encoding.UTF8.GetString(Bytes, start, end - start);
    }
}
