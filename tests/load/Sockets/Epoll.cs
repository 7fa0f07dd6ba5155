using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CaptchaCluster.Tests.Load.Sockets;

/// <summary>
/// Waits for many sockets on one thread. The runtime's own asynchronous sockets would tell a request's answer on one thread and
/// the time to send the next on another; with everything on one, a request costs two calls of the system and no lock.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int MaxEvents = 256;
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int EINTR = 4;
    private const int SetTimerSlack = 29;
    private const short PollIn = 1;
    private const uint In = 0x1, Out = 0x4, Error = 0x8, HangUp = 0x10, PeerClosed = 0x2000, EdgeTriggered = 1u << 31;

    /// <summary>Below this, waiting to the millisecond is too coarse.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(3);

    // struct epoll_event is packed on x86-64 and not elsewhere.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(ulong);

    private readonly SafeFileHandle handle;
    private readonly byte[] events = new byte[MaxEvents * EventSize];

    public Epoll()
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("This client waits for its sockets by epoll: it runs on Linux only.");
        int descriptor = EpollCreate(CloseOnExec);
        if (descriptor < 0) throw new Win32Exception();
        handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>To be called by the thread that will wait: lets it wake when it asked to, not up to 50 µs later.</summary>
    public static void WakePrecisely() => _ = ProcessControl(SetTimerSlack, 1);

    /// <summary>
    /// From now on tells when there is something to read, or room to write again. Edge-triggered: it tells once, so read until
    /// nothing is left or nothing more is expected.
    /// </summary>
    /// <param name="socket">Forgotten when it is closed.</param>
    /// <param name="number">By which <see cref="Wait"/> will name it.</param>
    public void Watch(Socket socket, int number)
    {
        Span<byte> registration = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(registration, In | Out | PeerClosed | EdgeTriggered);
        BinaryPrimitives.WriteInt64LittleEndian(registration[DataOffset..], number);
        if (EpollControl(handle, Add, socket.SafeHandle, registration) != 0) throw new Win32Exception();
    }

    /// <summary>Waits until something happened to a socket, at most so long; returns how many <see cref="this[int]"/> tells of.</summary>
    public int Wait(TimeSpan timeout)
    {
        if (timeout < ShortWait)
        {
            if (timeout > TimeSpan.Zero && !WaitPrecisely(timeout)) return 0;
            timeout = TimeSpan.Zero;
        }

        int count = EpollWait(handle, events, MaxEvents, (int)timeout.TotalMilliseconds);
        if (count >= 0) return count;
        return Marshal.GetLastPInvokeError() == EINTR ? 0 : throw new Win32Exception();
    }

    /// <summary>One of the events of the last <see cref="Wait"/>.</summary>
    public SocketEvent this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = events.AsSpan(index * EventSize);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            int number = (int)BinaryPrimitives.ReadInt64LittleEndian(entry[DataOffset..]);
            bool hasEnded = (flags & (Error | HangUp | PeerClosed)) != 0;
            return new SocketEvent(number, hasEnded || (flags & In) != 0, hasEnded || (flags & Out) != 0, hasEnded);
        }
    }

    public void Dispose() => handle.Dispose();

    /// <summary>False where the time was up, or a signal came, before anything happened.</summary>
    private bool WaitPrecisely(TimeSpan timeout)
    {
        PollDescriptor descriptor = new() { Descriptor = (int)handle.DangerousGetHandle(), Events = PollIn };
        TimeSpec time = new() { Nanoseconds = (nint)(timeout.Ticks * 100) };
        return Poll(ref descriptor, 1, time, 0) > 0;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(SafeFileHandle epoll, int operation, SafeSocketHandle socket, Span<byte> registration);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(SafeFileHandle epoll, Span<byte> events, int maxEvents, int milliseconds);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, in TimeSpec timeout, nint signals);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint value);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

/// <summary>What happened to a socket.</summary>
/// <param name="Number">As given to <see cref="Epoll.Watch"/>.</param>
/// <param name="CanRead">There is something to read: bytes, the end, or an error.</param>
/// <param name="CanWrite">It is connected and has room, or has failed.</param>
/// <param name="HasEnded">Behind what there is to read comes the end, or an error; no other event will tell.</param>
internal readonly record struct SocketEvent(int Number, bool CanRead, bool CanWrite, bool HasEnded);
