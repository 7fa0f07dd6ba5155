namespace CaptchaCluster.Storage.Audit;

/// <summary>Some entries of an audit log.</summary>
/// <param name="Entries">Each one object of JSON; oldest first. A number that is missing is an entry whose line is damaged.</param>
/// <param name="First">Sequence of the oldest entry that is kept; larger than <paramref name="Last"/> where there is none.</param>
/// <param name="Last">Sequence of the newest; 0 where there never was one.</param>
public sealed record AuditPage(IReadOnlyList<ReadOnlyMemory<byte>> Entries, long First, long Last);
