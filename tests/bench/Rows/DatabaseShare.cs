using CaptchaCluster.Bench.Servers;

namespace CaptchaCluster.Bench.Rows;

/// <summary>What redemptions took of a database.</summary>
/// <param name="CommitsPerSecond">Transactions that wrote; those that it starts by itself are among them.</param>
/// <param name="RowsPerCommit">Redemptions in one of them.</param>
/// <param name="LogBytes">Of the write-ahead log, per redemption.</param>
/// <param name="TableBytes">By which the tables grew, per redemption.</param>
/// <param name="IndexBytes">By which their index grew, per redemption.</param>
internal sealed record DatabaseShare(double CommitsPerSecond, double RowsPerCommit, double LogBytes, double TableBytes, double IndexBytes)
{
    public static DatabaseShare Of(in DatabaseUse use, double redemptions, TimeSpan elapsed) => new(
        use.Commits / elapsed.TotalSeconds,
        redemptions / Math.Max(1, use.Commits),
        use.LogBytes / redemptions,
        use.TableBytes / redemptions,
        use.IndexBytes / redemptions);
}
