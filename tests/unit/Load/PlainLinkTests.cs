using System.Net.Sockets;
using System.Text;
using CaptchaCluster.Tests.Load.Sockets;

namespace CaptchaCluster.Tests.Unit.Load;

/// <summary>Over a pair of Unix sockets, whose state does not depend on a network.</summary>
public sealed class PlainLinkTests : IDisposable, ILinkOwner
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-link-");
    private readonly Socket near = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket far;
    private readonly PlainLink link;
    private readonly List<string> heard = [];
    private readonly byte[] room = new byte[4];

    public PlainLinkTests()
    {
        UnixDomainSocketEndPoint address = new(Path.Combine(directory.FullName, "socket"));
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(address);
        listener.Listen();
        near.Connect(address);
        far = listener.Accept();
        near.Blocking = false;
        link = new PlainLink(near, this);
    }

    Memory<byte> ILinkOwner.Room => room;

    private bool IsMoreExpected { get; set; }

    public void Dispose()
    {
        near.Dispose();
        far.Dispose();
        directory.Delete(recursive: true);
    }

    [Fact]
    public void All_that_came_is_read_while_more_is_expected()
    {
        IsMoreExpected = true;
        far.Send("hello"u8);
        link.OnEvent(new SocketEvent(0, CanRead: true, CanWrite: true, HasEnded: false));
        Assert.Equal(["hell", "o"], heard);
    }

    [Fact]
    public void Nothing_is_read_that_is_not_expected()
    {
        far.Send("hello"u8);
        link.OnEvent(new SocketEvent(0, CanRead: true, CanWrite: true, HasEnded: false));
        Assert.Equal(["hell"], heard);
    }

    [Fact]
    public void An_end_that_came_together_with_the_answer_is_heard_of()
    {
        far.Send("bye"u8);
        far.Close();
        link.OnEvent(new SocketEvent(0, CanRead: true, CanWrite: true, HasEnded: true));
        Assert.Equal(["bye", NoAnswer.ClosedByServer], heard);
    }

    [Fact]
    public void What_does_not_fit_at_once_is_sent_when_there_is_room_again()
    {
        byte[] much = Enumerable.Range(0, 4_000_000).Select(number => (byte)number).ToArray();
        byte[] received = new byte[much.Length];
        int count = 0;
        link.Send(much);
        while (count < much.Length)
        {
            count += far.Receive(received.AsSpan(count));
            link.OnEvent(new SocketEvent(0, CanRead: false, CanWrite: true, HasEnded: false));
        }

        Assert.Equal(much, received);
    }

    void ILinkOwner.Opened() => heard.Add("opened");

    bool ILinkOwner.Received(int count)
    {
        heard.Add(Encoding.ASCII.GetString(room, 0, count));
        return IsMoreExpected;
    }

    void ILinkOwner.Broke(string why) => heard.Add(why);
}
