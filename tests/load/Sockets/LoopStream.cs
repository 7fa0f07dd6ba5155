using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>
/// A socket as the stream under TLS, on the thread that waits for it: what cannot be done at once is done when the loop calls,
/// and what awaits it runs within that call. One read and one write at a time.
/// </summary>
internal sealed class LoopStream(Socket socket) : Stream
{
    private readonly Waiter reader = new();
    private readonly Waiter writer = new();
    private Memory<byte> room;
    private byte[] rest = [];
    private int written;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The socket may have something for the read that waits.</summary>
    public void ReadNow()
    {
        if (!reader.IsWaiting) return;
        if (Try(Receive(room, out int count), out Exception? failure)) reader.End(count, failure);
    }

    /// <summary>The socket may have room for the write that waits.</summary>
    public void WriteRest()
    {
        if (!writer.IsWaiting) return;
        SocketError error = Send(rest);
        if (Try(error, out Exception? failure) && (failure is not null || written == rest.Length)) writer.End(0, failure);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        room = buffer;
        if (!Try(Receive(buffer, out int count), out Exception? failure)) return reader.Wait();
        return failure is null ? new(count) : ValueTask.FromException<int>(failure);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        written = 0;
        bool done = Try(Send(buffer.Span), out Exception? failure);
        if (failure is not null) return ValueTask.FromException(failure);
        if (done && written == buffer.Length) return ValueTask.CompletedTask;
        rest = buffer[written..].ToArray();
        written = 0;
        return writer.WaitWithoutResult();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Only the farewell of a connection that is disposed of comes here; whether it arrives does not matter.</summary>
    public override void Write(byte[] buffer, int offset, int count) => socket.Send(buffer.AsSpan(offset, count), SocketFlags.None, out _);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        ObjectDisposedException closed = new(nameof(LoopStream));
        reader.End(0, closed);
        writer.End(0, closed);
    }

    private SocketError Receive(Memory<byte> buffer, out int count)
    {
        count = socket.Receive(buffer.Span, SocketFlags.None, out SocketError error);
        return error;
    }

    private SocketError Send(ReadOnlySpan<byte> bytes)
    {
        written += socket.Send(bytes[written..], SocketFlags.None, out SocketError error);
        return error;
    }

    /// <summary>False where the socket was not ready.</summary>
    private static bool Try(SocketError error, out Exception? failure)
    {
        failure = error is SocketError.Success or SocketError.WouldBlock ? null : new IOException(NoAnswer.Because(error));
        return error != SocketError.WouldBlock;
    }

    /// <summary>Whoever waits for the socket, if anybody does.</summary>
    private sealed class Waiter : IValueTaskSource<int>, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<int> source;

        public bool IsWaiting { get; private set; }

        public ValueTask<int> Wait()
        {
            Begin();
            return new ValueTask<int>(this, source.Version);
        }

        public ValueTask WaitWithoutResult()
        {
            Begin();
            return new ValueTask(this, source.Version);
        }

        public void End(int result, Exception? failure)
        {
            if (!IsWaiting) return;
            IsWaiting = false;
            if (failure is null) source.SetResult(result);
            else source.SetException(failure);
        }

        int IValueTaskSource<int>.GetResult(short token) => source.GetResult(token);

        void IValueTaskSource.GetResult(short token) => source.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => source.GetStatus(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            source.OnCompleted(continuation, state, token, flags);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            source.OnCompleted(continuation, state, token, flags);

        private void Begin()
        {
            source.Reset();
            IsWaiting = true;
        }
    }
}
