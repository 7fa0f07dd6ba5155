using System.Net;
using System.Net.Sockets;

namespace CaptchaCluster.Tests.Processes.Postgres;

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

    /// <summary>The transaction is over; the client hears nothing, and its connection stays open.</summary>
    InsteadOfItsReply,
}

/// <summary>Stands between stores and the server, understands just enough of the protocol, and cuts where it is told.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly string socketPath;
    private readonly IInsertWatch? watch;
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private readonly Lock gate = new();
    private readonly Queue<Cut> plan = new();
    private readonly int[] made = new int[Enum.GetValues<Cut>().Length];
    private readonly HashSet<UInt128> unheard = [];
    private int accepted;
    private int interrupted;

    /// <param name="socketPath">Of the server.</param>
    /// <param name="address">Of this machine, where it listens; loopback unless another is given.</param>
    /// <param name="watch">Hears what the stores record.</param>
    public CuttingProxy(string socketPath, IPAddress? address = null, IInsertWatch? watch = null)
    {
        this.socketPath = socketPath;
        this.watch = watch;
        listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        listener.Start();
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndpoint;

    /// <summary>New connections are closed as they come.</summary>
    public bool IsDown { get; set; }

    /// <summary>New connections are taken, and get through once this is over.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Connections that came so far.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Inserts that were under way when the server's end of their connection was lost.</summary>
    public int Interrupted => Volatile.Read(ref interrupted);

    /// <summary>Ids of tokens that the server said it had recorded, which no store has heard of because of a cut.</summary>
    public IReadOnlyCollection<UInt128> Unheard
    {
        get
        {
            lock (gate) return [.. unheard];
        }
    }

    /// <summary>What happens to the next inserts, whosever they are, one after the other; later ones pass.</summary>
    public void Plan(params Cut[] cuts)
    {
        lock (gate)
        {
            foreach (Cut cut in cuts) plan.Enqueue(cut);
        }
    }

    /// <summary>How often it has cut there.</summary>
    public int Made(Cut cut)
    {
        lock (gate) return made[(int)cut];
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
                Interlocked.Increment(ref accepted);
                if (IsDown) client.Dispose();
                else _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // It is over.
        }
    }

    private async Task ServeAsync(Socket clientSocket)
    {
        using Socket client = clientSocket;
        using Socket server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.NoDelay = true;
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
        MessageStream from = new(link.Client);
        MessageStream to = new(link.Server);
        await to.SendAsync(await from.ReadAsync(isFirst: true, cancellation), cancellation);
        while (true)
        {
            Message message = await from.ReadAsync(isFirst: false, cancellation);
            if (message.PreparesInsert(out string name)) link.InsertName = name;
            if (message.Binds(link.InsertName))
            {
                lock (gate) link.Cut = plan.TryDequeue(out Cut cut) ? cut : Cut.None;
                if (link.Cut == Cut.BeforeItIsSent)
                {
                    Count(link);
                    return;
                }

                link.IsInserting = true;
                watch?.Sent(message.ReadIds());
            }

            if (message.IsSync && link is { Cut: Cut.WhileItRuns, IsInserting: true })
            {
                link.IsOrphaned = true;
                await to.SendAsync(message, cancellation);
                Count(link);
                link.Client.Close();
                return;
            }

            if (message.IsFollowedByMore) to.Hold(message);
            else await to.SendAsync(message, cancellation);
        }
    }

    private async Task DownAsync(Link link, CancellationToken cancellation)
    {
        MessageStream from = new(link.Server);
        MessageStream to = new(link.Client);
        while (true)
        {
            Message message = await ReadReplyAsync(from, link, cancellation);
            if (link.IsInserting) link.Note(message);
            if (link.IsInserting && message.IsReady) watch?.Recorded(link.Recorded);
            bool isCut = link.Cut != Cut.None;
            if (isCut && message.IsReady)
            {
                NoteUnheard(link);
                if (link.Cut != Cut.WhileItRuns) Count(link);
                if (link.Cut != Cut.InsteadOfItsReply)
                {
                    await to.FlushAsync(cancellation);
                    return;
                }

                link.Recorded.Clear();
            }

            if (message.IsReady) link.IsInserting = false;
            if (isCut && link.Cut != Cut.AfterItsRows) continue;
            if (message.IsFollowedByMore) to.Hold(message);
            else await to.SendAsync(message, cancellation);
        }
    }

    private async Task<Message> ReadReplyAsync(MessageStream from, Link link, CancellationToken cancellation)
    {
        try
        {
            return await from.ReadAsync(isFirst: false, cancellation);
        }
        catch (IOException) when (link.IsInserting && !cancellation.IsCancellationRequested)
        {
            Interlocked.Increment(ref interrupted);
            throw;
        }
    }

    private void Count(Link link)
    {
        lock (gate) made[(int)link.Cut]++;
    }

    private void NoteUnheard(Link link)
    {
        lock (gate) unheard.UnionWith(link.Recorded);
    }

    private sealed class Link(Socket client, Socket server)
    {
        private volatile int cut;

        public Socket Client => client;

        public Socket Server => server;

        /// <summary>What the client calls the insert of redemptions.</summary>
        public string? InsertName { get; set; }

        public Cut Cut
        {
            get => (Cut)cut;
            set => cut = (int)value;
        }

        public volatile bool IsInserting;

        public volatile bool IsOrphaned;

        /// <summary>Of the insert that is under way.</summary>
        public List<UInt128> Recorded { get; } = [];

        public void Note(Message message)
        {
            if (message.IsBindComplete || message.IsError) Recorded.Clear();
            if (message.TryReadId(out UInt128 id)) Recorded.Add(id);
        }
    }
}
