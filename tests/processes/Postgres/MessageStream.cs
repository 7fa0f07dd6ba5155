using System.Buffers.Binary;
using System.Net.Sockets;

namespace CaptchaCluster.Tests.Processes.Postgres;

/// <summary>One way of a connection, message by message. The socket is its owner's to close.</summary>
internal sealed class MessageStream(Socket socket)
{
    private readonly NetworkStream stream = new(socket);
    private readonly byte[] buffer = new byte[16 * 1024];
    private readonly MemoryStream held = new();
    private int start;
    private int end;

    /// <param name="isFirst">The first message of a client has no type.</param>
    /// <param name="cancellation">Ends it in the middle of a message.</param>
    public async Task<Message> ReadAsync(bool isFirst, CancellationToken cancellation)
    {
        int head = isFirst ? Message.HeadSize - 1 : Message.HeadSize;
        byte[] lead = new byte[head];
        await FillAsync(lead, cancellation);
        int length = BinaryPrimitives.ReadInt32BigEndian(lead.AsSpan(head - sizeof(int))) - sizeof(int);
        byte[] message = new byte[head + length];
        lead.CopyTo(message, 0);
        await FillAsync(message.AsMemory(head), cancellation);
        return new Message(message);
    }

    /// <summary>Sent with the next one.</summary>
    public void Hold(Message message) => held.Write(message.Bytes);

    public async Task SendAsync(Message message, CancellationToken cancellation)
    {
        held.Write(message.Bytes);
        await FlushAsync(cancellation);
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        await stream.WriteAsync(held.GetBuffer().AsMemory(0, (int)held.Length), cancellation);
        held.SetLength(0);
    }

    private async Task FillAsync(Memory<byte> target, CancellationToken cancellation)
    {
        while (target.Length > 0)
        {
            if (start == end)
            {
                (start, end) = (0, await stream.ReadAsync(buffer, cancellation));
                if (end == 0) throw new EndOfStreamException();
            }

            int count = Math.Min(target.Length, end - start);
            buffer.AsMemory(start, count).CopyTo(target);
            start += count;
            target = target[count..];
        }
    }
}
