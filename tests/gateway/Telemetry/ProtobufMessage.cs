using System.Buffers.Binary;
using System.Text;

namespace CaptchaCluster.Tests.Gateway.Telemetry;

/// <summary>A protobuf message read without its schema: fields by number, as they came.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Number, ulong Bits, byte[] Bytes)> fields = [];

    public ProtobufMessage(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            ulong tag = ReadVarint(ref message);
            int wireType = (int)(tag & 7);
            ulong bits = wireType switch
            {
                0 or 2 => ReadVarint(ref message),
                1 => BinaryPrimitives.ReadUInt64LittleEndian(Take(ref message, 8)),
                5 => BinaryPrimitives.ReadUInt32LittleEndian(Take(ref message, 4)),
                _ => throw new InvalidDataException($"Wire type {wireType} is not used in protobuf 3."),
            };
            fields.Add(((int)(tag >> 3), bits, wireType == 2 ? Take(ref message, (int)bits).ToArray() : []));
        }
    }

    public bool Has(int number) => fields.Exists(field => field.Number == number);

    public IEnumerable<ProtobufMessage> Messages(int number) => BytesOf(number).Select(bytes => new ProtobufMessage(bytes));

    public IEnumerable<string> Texts(int number) => BytesOf(number).Select(Encoding.UTF8.GetString);

    /// <summary>Empty where it is left out, as protobuf 3 does with empty texts.</summary>
    public string Text(int number) => Texts(number).LastOrDefault("");

    public string Hex(int number) => Convert.ToHexStringLower(BytesOf(number).LastOrDefault([]));

    public ulong Integer(int number) => fields.LastOrDefault(field => field.Number == number).Bits;

    public double Double(int number) => BitConverter.UInt64BitsToDouble(Integer(number));

    private IEnumerable<byte[]> BytesOf(int number) => fields.Where(field => field.Number == number).Select(field => field.Bytes);

    private static ulong ReadVarint(ref ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Take(ref source, 1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, int length)
    {
        ReadOnlySpan<byte> taken = source[..length];
        source = source[length..];
        return taken;
    }
}
