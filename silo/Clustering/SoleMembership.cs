using System.Globalization;
using Orleans.Serialization;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>
/// Who is in a cluster of one (<c>Cluster:Clustering=single</c>): this silo, as it alone is to serve what it has recorded (I1).
/// It is in the silo's own memory, where no other reads it, and it takes no other in.
/// </summary>
internal sealed class SoleMembership(ILocalSiloDetails self, DeepCopier copier) : IMembershipTable
{
    private readonly Lock gate = new();
    private MembershipEntry? row;
    private int version;
    private int etag;

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task<MembershipTableData> ReadRow(SiloAddress key) => key.Equals(self.SiloAddress) ? ReadAll() : throw Stranger(key);

    public Task<MembershipTableData> ReadAll()
    {
        lock (gate)
        {
            List<Tuple<MembershipEntry, string>> rows = row is null ? [] : [Tuple.Create(copier.Copy(row)!, Etag)];
            return Task.FromResult(new MembershipTableData(rows, new TableVersion(version, Etag)));
        }
    }

    /// <exception cref="InvalidOperationException">It is another silo.</exception>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => ReplaceAsync(entry, tableVersion, isNew: true);

    /// <exception cref="InvalidOperationException">It is another silo.</exception>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => ReplaceAsync(entry, tableVersion, isNew: false);

    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        if (!entry.SiloAddress.Equals(self.SiloAddress)) throw Stranger(entry.SiloAddress);
        lock (gate)
        {
            if (row is not null) row.IAmAliveTime = entry.IAmAliveTime;
        }

        return Task.CompletedTask;
    }

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    // Of the row and of the table alike: no change leaves either as it was.
    private string Etag => etag.ToString(CultureInfo.InvariantCulture);

    private Task<bool> ReplaceAsync(MembershipEntry entry, TableVersion next, bool isNew)
    {
        if (!entry.SiloAddress.Equals(self.SiloAddress)) throw Stranger(entry.SiloAddress);
        lock (gate)
        {
            if (next.VersionEtag != Etag || isNew != row is null) return Task.FromResult(false);
            (row, version) = (copier.Copy(entry), next.Version);
            etag++;
            return Task.FromResult(true);
        }
    }

    private InvalidOperationException Stranger(SiloAddress other) => new(
        $"The silo {other} cannot join: {self.SiloAddress} is the only one there may be, as it was started with Cluster:Clustering=single.");
}
