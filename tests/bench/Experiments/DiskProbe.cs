using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Latency;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>What an fsync takes here: appends as the ledger does, by its own calls, and waits for the disk each time.</summary>
internal sealed class DiskProbe(string directory, TestClock clock)
{
    private const int Bytes = 2048; // some forty redemptions
    private const int Syncs = 250;

    private readonly byte[] block = new byte[Bytes];

    public LatencyHistogram Times { get; } = new();

    public void Measure()
    {
        const string Name = "fsync-probe";
        PosixDisk disk = new(directory);
        using (IDiskFile file = disk.Create(Name))
        {
            file.Reserve(Syncs * Bytes);
            file.Sync();
            for (int i = 0; i < Syncs; i++)
            {
                file.Append(block);
                TimeSpan begun = clock.Now;
                file.Sync();
                Times.Record(clock.Now - begun);
            }
        }

        disk.Delete(Name);
    }
}
