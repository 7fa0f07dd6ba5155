using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>TLS over the same loop: the runtime's, over a stream whose reads end when the loop says that there is something.</summary>
internal sealed class TlsLink : ILink
{
    private readonly ILinkOwner owner;
    private readonly SslClientAuthenticationOptions options;
    private readonly LoopStream inner;
    private readonly SslStream outer;
    private bool disposed;

    public TlsLink(Socket socket, ILinkOwner owner, SslClientAuthenticationOptions options)
    {
        this.owner = owner;
        this.options = options;
        inner = new LoopStream(socket);
        outer = new SslStream(inner);
    }

    public void Open() => _ = RunAsync();

    public void Send(ReadOnlyMemory<byte> bytes)
    {
        ValueTask writing = outer.WriteAsync(bytes);
        if (writing.IsCompletedSuccessfully) writing.GetAwaiter().GetResult();
        else _ = ObserveAsync(writing);
    }

    public void OnEvent(SocketEvent what)
    {
        if (what.CanWrite) inner.WriteRest();
        if (what.CanRead && !disposed) inner.ReadNow();
    }

    public void Dispose()
    {
        disposed = true;
        outer.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await outer.AuthenticateAsClientAsync(options);
            owner.Opened();
            while (!disposed)
            {
                int count = await outer.ReadAsync(owner.Room);
                if (disposed) return;
                if (count > 0) owner.Received(count);
                else Break(NoAnswer.ClosedByServer);
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or ObjectDisposedException)
        {
            Break(exception.Message);
        }
    }

    private async Task ObserveAsync(ValueTask writing)
    {
        try
        {
            await writing;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            Break(exception.Message);
        }
    }

    private void Break(string why)
    {
        if (!disposed) owner.Broke(why);
    }
}
