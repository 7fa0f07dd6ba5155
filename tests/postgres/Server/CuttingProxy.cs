using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CaptchaCluster.Tests.Postgres.Server;

/// <summary>Where a connection is cut while the ledger records.</summary>
public enum Cut
{
    None,

    /// <summary>The server never hears of the statement.</summary>
    BeforeItIsSent,

    /// <summary>The server works on, and nobody hears what came of it.</summary>
    WhileItRuns,

    /// <summary>The client has the rows, and not the end of the transaction.</summary>
    AfterItsRows,

    /// <summary>The transaction is over; the client has heard nothing.</summary>
    BeforeItsReply,
}

/// <summary>Stands between a store and the server, understands just enough of the protocol, and cuts where it is told.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    // The first statement that a ledger's session prepares; see LedgerSession.
    private const string InsertName = "_p1";

    private readonly string socketPath;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private readonly Queue<Cut> cuts = new();

    public CuttingProxy(string socketPath)
    {
        this.socketPath = socketPath;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Inserts that went through to the server.</summary>
    public int Inserts { get; private set; }

    /// <summary>New connections are closed as they come.</summary>
    public bool IsDown { get; set; }

    /// <summary>New connections are taken, and get through once this is over.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>What happens to the next inserts, one after the other; later ones pass.</summary>
    public void Plan(params Cut[] plan)
    {
        lock (cuts)
        {
            foreach (Cut cut in plan) cuts.Enqueue(cut);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync(stopping.Token);
                if (IsDown) client.Dispose();
                else _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket clientSocket)
    {
        using Socket client = clientSocket;
        using Socket server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await Hold;
            await server.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), stopping.Token);
            Link link = new(client, server);
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            Task[] ways = [UpAsync(link, end.Token), DownAsync(link, end.Token)];
            await Task.WhenAny(ways);
            if (link.IsOrphaned) await ways[1]; // until the server is through
            await end.CancelAsync();
            client.Close();
            server.Close();
            await Task.WhenAll(ways);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has gone.
        }
    }

    private async Task UpAsync(Link link, CancellationToken cancellation)
    {
        using NetworkStream from = new(link.Client), to = new(link.Server);
        await to.WriteAsync(await ReadAsync(from, typed: false, cancellation), cancellation);
        while (true)
        {
            byte[] message = await ReadAsync(from, typed: true, cancellation);
            if (message[0] == 'B' && NamesInsert(message))
            {
                lock (cuts) link.Cut = cuts.TryDequeue(out Cut cut) ? cut : Cut.None;
                if (link.Cut == Cut.BeforeItIsSent) return;
                Inserts++;
            }

            await to.WriteAsync(message, cancellation);
            if (message[0] == 'S' && link.Cut == Cut.WhileItRuns)
            {
                link.IsOrphaned = true;
                link.Client.Close();
                return;
            }
        }
    }

    private static async Task DownAsync(Link link, CancellationToken cancellation)
    {
        using NetworkStream from = new(link.Server), to = new(link.Client);
        while (true)
        {
            byte[] message = await ReadAsync(from, typed: true, cancellation);
            bool isEnd = message[0] == 'Z';
            if (link.Cut != Cut.None && isEnd) return;
            if (link.Cut is Cut.None or Cut.AfterItsRows) await to.WriteAsync(message, cancellation);
        }
    }

    private static bool NamesInsert(byte[] bind)
    {
        int portalEnd = Array.IndexOf(bind, (byte)0, 5);
        int nameEnd = Array.IndexOf(bind, (byte)0, portalEnd + 1);
        return Encoding.ASCII.GetString(bind, portalEnd + 1, nameEnd - portalEnd - 1) == InsertName;
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, bool typed, CancellationToken cancellation)
    {
        int headLength = typed ? 5 : 4;
        byte[] head = new byte[headLength];
        await stream.ReadExactlyAsync(head, cancellation);
        int length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(headLength - 4)) - 4;
        byte[] message = new byte[headLength + length];
        head.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(headLength), cancellation);
        return message;
    }

    private sealed class Link(Socket client, Socket server)
    {
        private volatile int cut;

        public Socket Client => client;

        public Socket Server => server;

        public Cut Cut
        {
            get => (Cut)cut;
            set => cut = (int)value;
        }

        public volatile bool IsOrphaned;
    }
}
