using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Unit.Simulation;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Ledger;

/// <summary>A ledger on a simulated disk, opened and reopened at will.</summary>
internal sealed class LedgerFixture
{
    public static readonly UnixSeconds Start = new(1_800_000_000);

    private readonly Random random = new(20261121);
    private FileRedemptionStore? store;

    public LedgerFixture(int segmentBytes = 1 << 20, int reserveBytes = 0)
    {
        Disk = new SimulatedDisk(random);
        Options = new FileRedemptionStoreOptions { SegmentBytes = segmentBytes, ReserveBytes = reserveBytes };
    }

    public SimulatedDisk Disk { get; }

    public FileRedemptionStoreOptions Options { get; set; }

    public RedemptionShard Shard { get; private set; } = new();

    public List<string> Notices { get; } = [];

    public FileRedemptionStore Store => store!;

    public FileRedemptionStore Open(UnixSeconds? now = null)
    {
        Shard = new RedemptionShard();
        return store = FileRedemptionStore.Open(Disk, Shard, Options, now ?? Start, Notices.Add);
    }

    public RedemptionRequest[] NewRequests(int count, int expiresIn = 600, int siteCount = 3) =>
        [.. Enumerable.Range(0, count).Select(i => new RedemptionRequest(
            new TokenId((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            Start + expiresIn,
            new SiteKey(1, (ulong)(i % siteCount) + 1),
            Generation.First,
            new AttemptKey((ulong)random.NextInt64(), (ulong)random.NextInt64())))];

    public RedemptionRequest[] Commit(int count, int expiresIn = 600, UnixSeconds? now = null)
    {
        RedemptionRequest[] batch = NewRequests(count, expiresIn);
        Commit(batch, now);
        return batch;
    }

    public void Commit(RedemptionRequest[] batch, UnixSeconds? now = null)
    {
        CommitResult[] results = new CommitResult[batch.Length];
        Store.CommitAsync(batch, results, now ?? Start).GetAwaiter().GetResult();
        Assert.All(results, result => Assert.Equal(CommitStatus.Recorded, result.Status));
    }

    public void Purge(UnixSeconds upTo) => Store.PurgeAsync(upTo).GetAwaiter().GetResult();

    public string LastSegment => Disk.List().Where(name => SegmentFiles.TryParse(name, out _)).Max()!;

    public bool Knows(RedemptionRequest request) =>
        Shard.Judge(request, Start, retired: false, out _) == RedemptionDecision.SameAttempt;

    public IReadOnlyList<RedemptionFact> Dump()
    {
        List<RedemptionFact> facts = [];
        new LedgerRecovery(Disk, facts.Add, _ => { }).Run();
        return facts;
    }
}
