using System.Diagnostics.Metrics;

namespace CaptchaCluster.Storage.File.Ledger;

/// <summary>What is measured of the disk under the ledger.</summary>
public sealed class LedgerMetrics(Meter meter, TimeProvider clock)
{
    private readonly Histogram<double> syncDuration = meter.CreateHistogram(
        "captchacluster.ledger.sync.duration", "s", "What an fsync of the ledger took.", advice: Instrumentation.DurationBuckets);

    /// <summary>Runs one sync; what fails took no time worth knowing.</summary>
    internal void Measure(IDiskFile file)
    {
        if (!syncDuration.Enabled)
        {
            file.Sync();
            return;
        }

        long begun = clock.GetTimestamp();
        file.Sync();
        syncDuration.Record(clock.GetElapsedTime(begun).TotalSeconds);
    }
}

/// <summary>A disk whose syncs of files are timed.</summary>
internal sealed class MeasuredDisk(IDisk disk, LedgerMetrics metrics) : IDisk
{
    public string Location => disk.Location;

    public IReadOnlyList<string> List() => disk.List();

    public int Read(string name, ref byte[] buffer) => disk.Read(name, ref buffer);

    public IDiskFile Create(string name) => new MeasuredFile(disk.Create(name), metrics);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string name) => disk.Delete(name);

    public void Sync() => disk.Sync();

    private sealed class MeasuredFile(IDiskFile file, LedgerMetrics metrics) : IDiskFile
    {
        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void Reserve(int bytes) => file.Reserve(bytes);

        public void Trim() => file.Trim();

        public void Sync() => metrics.Measure(file);

        public void Dispose() => file.Dispose();
    }
}
