using CaptchaCluster.Bench.Rows;

namespace CaptchaCluster.Bench.Experiments;

/// <summary>What came of gateways over PostgreSQL.</summary>
/// <param name="Version">Of its server.</param>
/// <param name="Settings">Of it, beyond the defaults.</param>
/// <param name="Rows">The bare server, and each number of gateways, at each number of connections in each round.</param>
/// <param name="Live">By live redemptions.</param>
internal sealed record PostgresFigures(string Version, IReadOnlyList<string> Settings, IReadOnlyList<Sample> Rows, IReadOnlyList<PostgresLivePoint> Live);

/// <summary>One gateway over a database with so many live redemptions.</summary>
/// <param name="Live">Redemptions.</param>
/// <param name="Samples">Of this gateway, and of the bare server beside it; the first round follows on a checkpoint.</param>
internal sealed record PostgresLivePoint(long Live, IReadOnlyList<Sample> Samples);
