using System.Net.Sockets;

namespace CaptchaCluster.Bench.Redis.Connection;

/// <summary>
/// One pipelined connection that all requests share, as good clients of Redis have it: commands that come while others are
/// being sent go together in the next write, and replies come in the order of the commands.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private readonly Socket socket;
    private readonly Lock gate = new();
    private readonly Queue<PendingReply> unanswered = [];
    private CommandBuffer waiting = new();
    private CommandBuffer sending = new();
    private bool isSending;
    private volatile bool isDisposed;
    private Task receiving = Task.CompletedTask;

    private RedisConnection(Socket socket) => this.socket = socket;

    public static async Task<RedisConnection> OpenAsync(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        RedisConnection connection = new(socket);
        connection.receiving = connection.ReceiveOrEndAsync();
        return connection;
    }

    /// <summary>True where the key was not there, and now is, for so long.</summary>
    public ValueTask<bool> SetIfAbsentAsync(ReadOnlySpan<byte> key, long seconds)
    {
        PendingReply reply = PendingReply.Rent();
        lock (gate)
        {
            waiting.Append("*6\r\n$3\r\nSET\r\n"u8);
            waiting.AppendText(key);
            waiting.Append("$1\r\n1\r\n$2\r\nNX\r\n$2\r\nEX\r\n"u8);
            waiting.AppendText(seconds);
            unanswered.Enqueue(reply);
            if (!isSending)
            {
                // From the pool, so that what comes until then goes with it.
                isSending = true;
                ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.SendAsync(), this, preferLocal: false);
            }
        }

        return reply.Task;
    }

    public async ValueTask DisposeAsync()
    {
        isDisposed = true;
        socket.Dispose();
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SendAsync()
    {
        while (true)
        {
            lock (gate)
            {
                if (waiting.IsEmpty)
                {
                    isSending = false;
                    return;
                }

                (waiting, sending) = (sending, waiting);
            }

            for (ReadOnlyMemory<byte> rest = sending.Bytes; rest.Length > 0;) rest = rest[await socket.SendAsync(rest)..];
            sending.Clear();
        }
    }

    /// <summary>Without Redis there is nothing to measure: the callers see the connections break.</summary>
    private async Task ReceiveOrEndAsync()
    {
        try
        {
            await ReceiveAsync();
        }
        catch (Exception exception) when (!isDisposed && exception is (IOException or SocketException))
        {
            await Console.Error.WriteLineAsync(exception.Message);
            Environment.Exit(1);
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[16 * 1024];
        List<(PendingReply Reply, bool IsSet)> answered = [];
        int filled = 0;
        while (true)
        {
            int received = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (received == 0) throw new IOException("Redis closed the connection.");
            filled += received;
            int taken = Take(buffer.AsSpan(0, filled), answered);
            buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
            filled -= taken;

            // What awaits a reply runs here: the answer is written without waking up another thread.
            foreach ((PendingReply reply, bool isSet) in answered) reply.Complete(isSet);
            answered.Clear();
        }
    }

    /// <summary>Returns how many bytes were whole replies.</summary>
    private int Take(ReadOnlySpan<byte> replies, List<(PendingReply Reply, bool IsSet)> answered)
    {
        int taken = 0;
        lock (gate)
        {
            for (int end; (end = replies[taken..].IndexOf("\r\n"u8)) >= 0; taken += end + 2)
            {
                ReadOnlySpan<byte> line = replies.Slice(taken, end);
                bool isSet = line.SequenceEqual("+OK"u8);
                if (!isSet && !line.SequenceEqual("$-1"u8)) throw new IOException($"Redis replied {System.Text.Encoding.UTF8.GetString(line)}");
                answered.Add((unanswered.Dequeue(), isSet));
            }
        }

        return taken;
    }
}
