namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>Carries bytes both ways over one connected socket. Everything happens on the thread that waits for the socket.</summary>
internal interface ILink : IDisposable
{
    /// <summary>The socket is connected: begin. The owner hears when bytes can be sent.</summary>
    void Open();

    /// <summary>The memory must stay as it is until an answer came.</summary>
    void Send(ReadOnlyMemory<byte> bytes);

    /// <summary>To be called with every event of the socket.</summary>
    void OnEvent(SocketEvent what);
}

/// <summary>Hears of a link's fate.</summary>
internal interface ILinkOwner
{
    /// <summary>Where the next bytes go; never empty.</summary>
    Memory<byte> Room { get; }

    void Opened();

    /// <summary>So many bytes came into <see cref="Room"/>. False where no more are expected, or the link was disposed of.</summary>
    bool Received(int count);

    /// <summary>Nothing more will come. Not called once the link is disposed of.</summary>
    void Broke(string why);
}
