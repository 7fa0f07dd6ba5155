using System.Runtime.InteropServices;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Waits until the process is asked to end. A second signal of the kind ends it at once.</summary>
internal static class ShutdownSignal
{
    public static async Task WaitAsync()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await asked.Task;

        void End(PosixSignalContext signal) => signal.Cancel = asked.TrySetResult();
    }
}
