using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>A gateway that was started over a ledger with so many live redemptions.</summary>
/// <param name="Live">Redemptions that may still be asked for.</param>
/// <param name="ReadySeconds">From the start of the process until it said it was ready.</param>
/// <param name="Heap">Bytes of its managed heap after a collection.</param>
/// <param name="Resident">Bytes of memory that it occupied then.</param>
/// <param name="Samples">Of this gateway, and of the bare server beside it.</param>
internal sealed record LivePoint(long Live, double ReadySeconds, long Heap, long Resident, IReadOnlyList<Sample> Samples);
