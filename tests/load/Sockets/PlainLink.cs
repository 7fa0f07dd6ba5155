using System.Net.Sockets;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>Bytes as they are. The owner disposes of the socket.</summary>
internal sealed class PlainLink(Socket socket, ILinkOwner owner) : ILink
{
    private ReadOnlyMemory<byte> unsent;
    private bool disposed;

    public void Open() => owner.Opened();

    public void Send(ReadOnlyMemory<byte> bytes)
    {
        int sent = socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
        if (error is SocketError.Success or SocketError.WouldBlock) unsent = bytes[sent..];
        else owner.Broke(NoAnswer.Because(error));
    }

    public void OnEvent(SocketEvent what)
    {
        if (what.CanWrite && !unsent.IsEmpty) Send(unsent);
        if (what.CanRead) Receive(toTheEnd: what.HasEnded);
    }

    public void Dispose() => disposed = true;

    private void Receive(bool toTheEnd)
    {
        bool isMoreExpected = true;
        while (!disposed && (isMoreExpected || toTheEnd))
        {
            int count = socket.Receive(owner.Room.Span, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock) return;
            if (error == SocketError.Success && count > 0)
            {
                isMoreExpected = owner.Received(count);
                continue;
            }

            owner.Broke(error == SocketError.Success ? NoAnswer.ClosedByServer : NoAnswer.Because(error));
            return;
        }
    }
}
