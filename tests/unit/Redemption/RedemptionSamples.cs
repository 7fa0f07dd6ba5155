using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Redemption;

internal static class RedemptionSamples
{
    public static readonly UnixSeconds Now = new(1_800_000_000);
    public static readonly SiteKey Site = new(1, 1);

    /// <summary>A request of the first generation for a token that lives ten minutes more. Its id is spread over all bits, as the table relies on.</summary>
    public static RedemptionRequest Ask(ulong token, ulong attempt, long expiresIn = 600, int generation = 1) =>
        new(new TokenId(token * 0x9E37_79B9_7F4A_7C15, token * 0xC2B2_AE3D_27D4_EB4F), Now + expiresIn, Site, new Generation(generation), new AttemptKey(0, attempt));

    public static RedemptionFact Fact(in RedemptionRequest request, UnixSeconds at) =>
        new(request.Token, request.ExpiresAt, request.Site, request.Attempt, at);
}

/// <summary>Accepts every generation but those that were retired.</summary>
internal sealed class FakeAuthority : ISiteAuthority
{
    private volatile int oldest = 1;

    public Action OnAsked { get; set; } = () => { };

    public void RetireBelow(int generation) => oldest = generation;

    public bool Accepts(SiteKey site, Generation generation, UnixSeconds now)
    {
        OnAsked();
        return generation.Value >= oldest;
    }
}

/// <summary>A store without a disk. Records whatever it is asked to, unless told otherwise.</summary>
internal sealed class FakeStore : IRedemptionStore
{
    private volatile bool canCommit = true;

    public UnixSeconds Horizon { get; set; }

    public UnixSeconds IssuedFloor { get; set; }

    public bool CanCommit
    {
        get => canCommit;
        set => canCommit = value;
    }

    public List<RedemptionRequest[]> Batches { get; } = [];

    public Func<RedemptionRequest[], CommitResult[]> OnCommit { get; set; } = RecordAll;

    public Action<UnixSeconds> OnPurge { get; set; } = _ => { };

    public static CommitResult[] RecordAll(RedemptionRequest[] batch) =>
        [.. batch.Select(request => new CommitResult(CommitStatus.Recorded, request.Attempt, RedemptionSamples.Now))];

    public static Func<RedemptionRequest[], CommitResult[]> All(CommitStatus status) =>
        batch => [.. batch.Select(_ => new CommitResult(status))];

    public static CommitResult[] Unknown(RedemptionRequest[] batch) => throw new UnknownOutcomeException("the line is dead");

    public ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now)
    {
        RedemptionRequest[] copy = batch.ToArray();
        Batches.Add(copy);
        OnCommit(copy).CopyTo(results);
        return ValueTask.CompletedTask;
    }

    public ValueTask PurgeAsync(UnixSeconds upTo)
    {
        OnPurge(upTo);
        return ValueTask.CompletedTask;
    }
}

internal sealed class FakeObserver : IShardObserver
{
    public List<ShardTurn> Turns { get; } = [];

    public List<Exception> CommitFailures { get; } = [];

    public List<Exception> HostFailures { get; } = [];

    public Action<long> OnFrozen { get; set; } = _ => { };

    public Action OnThawed { get; set; } = () => { };

    public Action OnOverloaded { get; set; } = () => { };

    public void TurnEnded(in ShardTurn turn) => Turns.Add(turn);

    public void Overloaded() => OnOverloaded();

    public void CommitFailed(Exception exception) => CommitFailures.Add(exception);

    public void PurgeFrozen(long driftSeconds) => OnFrozen(driftSeconds);

    public void PurgeThawed() => OnThawed();

    public void HostFailed(Exception exception) => HostFailures.Add(exception);
}
