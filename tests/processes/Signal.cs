using System.Runtime.InteropServices;

namespace CaptchaCluster.Tests.Processes;

/// <summary>What one process can do to another.</summary>
internal static class Signal
{
    public const int Interrupt = 2, Quit = 3, Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    /// <exception cref="InvalidOperationException">There is no such process any more.</exception>
    public static void Send(int process, int signal)
    {
        if (SendSignal(process, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);
}
