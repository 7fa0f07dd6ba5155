using System.Net.Security;
using System.Net.Sockets;
using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>A request under way.</summary>
/// <param name="Submission">What it is.</param>
/// <param name="Start">When it should have started, from which its latency counts.</param>
/// <param name="Deadline">When it is given up.</param>
internal readonly record struct PendingRequest(Submission Submission, TimeSpan Start, TimeSpan Deadline);

/// <summary>Hears what happens on a connection.</summary>
internal interface IConnectionOwner
{
    /// <summary>The connection can take a request.</summary>
    void Freed(Connection connection);

    void Answered(in PendingRequest request, int status, ReadOnlySpan<byte> body);

    /// <summary>The request, where there was one, gets no answer any more.</summary>
    void Broke(Connection connection, PendingRequest? request, string why);
}

/// <summary>One keep-alive connection with one request at a time. Ends by <see cref="IConnectionOwner.Broke"/>, and can be opened again.</summary>
internal sealed class Connection : ILinkOwner, IDisposable
{
    private readonly int number;
    private readonly Target target;
    private readonly RequestWriter writer;
    private readonly bool checksCertificate;
    private readonly Epoll epoll;
    private readonly IConnectionOwner owner;
    private readonly byte[] input = new byte[8 * 1024];
    private readonly byte[] output = new byte[RequestWriter.MaxLength];
    private Socket? socket;
    private ILink? link;
    private int filled;
    private PendingRequest pending;
    private State state;

    /// <param name="number">By which the owner finds it from an event.</param>
    /// <param name="target">Where to.</param>
    /// <param name="writer">Of requests to it.</param>
    /// <param name="checksCertificate">Of a server with TLS.</param>
    /// <param name="epoll">Whose events the owner passes on.</param>
    /// <param name="owner">Hears what happens.</param>
    public Connection(int number, Target target, RequestWriter writer, bool checksCertificate, Epoll epoll, IConnectionOwner owner)
    {
        this.number = number;
        this.target = target;
        this.writer = writer;
        this.checksCertificate = checksCertificate;
        this.epoll = epoll;
        this.owner = owner;
    }

    private enum State
    {
        Closed,
        Connecting,
        Opening,
        Idle,
        Busy,
    }

    public Target Target => target;

    /// <summary>It got as far as taking requests; otherwise it could not be opened.</summary>
    public bool WasOpen { get; private set; }

    /// <summary>Since it was opened.</summary>
    public bool HasAnswered { get; private set; }

    public bool IsIdle => state == State.Idle;

    /// <summary>When to try again, while closed.</summary>
    public TimeSpan OpenAt { get; set; }

    Memory<byte> ILinkOwner.Room => input.AsMemory(filled);

    /// <param name="deadline">When it is given up.</param>
    public void Open(TimeSpan deadline)
    {
        socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
        link = target.IsTls ? new TlsLink(socket, this, TlsOptions()) : new PlainLink(socket, this);
        (state, WasOpen, HasAnswered) = (State.Connecting, false, false);
        pending = default(PendingRequest) with { Deadline = deadline };
        try
        {
            epoll.Watch(socket, number);
            socket.Connect(target.Address);
            OnConnected();
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The loop tells when it is done.
        }
        catch (SocketException exception)
        {
            Break(NoAnswer.Because(exception.SocketErrorCode));
        }
    }

    /// <summary>Only while idle.</summary>
    public void Send(in PendingRequest request, Submissions submissions)
    {
        ReadOnlySpan<byte> token = request.Submission.Token.Text;
        Span<byte> sent = stackalloc byte[token.Length];
        token.CopyTo(sent);
        if (request.Submission.Kind == RequestKind.Forged) submissions.Forge(sent);
        int length = writer.Write(output, request.Submission.Kind != RequestKind.WrongSecret, sent, request.Submission.Key);
        pending = request;
        state = State.Busy;
        link!.Send(output.AsMemory(0, length));
    }

    public void OnEvent(SocketEvent what)
    {
        if (state == State.Connecting)
        {
            if (!what.CanWrite) return;
            SocketError error = (SocketError)(int)socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error == SocketError.Success) OnConnected();
            else Break(NoAnswer.Because(error));
        }
        else if (state != State.Closed)
        {
            link!.OnEvent(what);
        }
    }

    public void GiveUpIfLate(TimeSpan now)
    {
        if (state is State.Connecting or State.Opening or State.Busy && now >= pending.Deadline) Break(NoAnswer.TimedOut);
    }

    void ILinkOwner.Opened()
    {
        (state, WasOpen) = (State.Idle, true);
        owner.Freed(this);
    }

    bool ILinkOwner.Received(int count)
    {
        filled += count;
        Response response = ResponseReader.Read(input.AsSpan(0, filled));
        if (state != State.Busy) Break("bytes that were not asked for");
        else if (response.State == ResponseState.Unreadable) Break("answer that cannot be read: " + response.Problem);
        else if (response.State == ResponseState.Complete) Complete(response);
        else if (filled < input.Length) return true;
        else Break(NoAnswer.AnswerTooLong);
        return false;
    }

    void ILinkOwner.Broke(string why) => Break(why);

    public void Dispose()
    {
        state = State.Closed;
        link?.Dispose();
        socket?.Dispose();
    }

    private void OnConnected()
    {
        state = State.Opening;
        link!.Open();
    }

    private void Complete(in Response response)
    {
        bool isReusable = !response.Closes && filled == response.Length;
        filled = 0;
        (state, HasAnswered) = (State.Idle, true);
        owner.Answered(pending, response.Status, input.AsSpan(response.BodyStart, response.Length - response.BodyStart));
        if (isReusable) owner.Freed(this);
        else Break(NoAnswer.ClosedByServer);
    }

    private void Break(string why)
    {
        PendingRequest? request = state == State.Busy ? pending : null;
        Dispose();
        filled = 0;
        owner.Broke(this, request, why);
    }

    private SslClientAuthenticationOptions TlsOptions() => new()
    {
        TargetHost = target.Url.IdnHost,
        RemoteCertificateValidationCallback = checksCertificate ? null : (_, _, _, _) => true,
    };
}
