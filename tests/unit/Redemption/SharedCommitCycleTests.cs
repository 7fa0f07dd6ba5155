using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

/// <summary>Turns over a ledger that others record in too, and that knows alone which generations are valid.</summary>
public sealed class SharedCommitCycleTests
{
    private const int Seed = 20_261_121;

    private readonly SharedLedgerModel ledger = new();
    private readonly RedemptionShard shard = new();
    private readonly CommitCycle cycle;
    private readonly List<RedemptionOperation> again = [];

    public SharedCommitCycleTests() => cycle = new CommitCycle(shard, ledger, authority: null);

    [Fact]
    [Trait("Invariant", "I8")]
    public void A_replay_is_not_answered_from_memory()
    {
        Assert.Equal([RedemptionStatus.Redeemed], Turn(Ask(1, 1)));
        ledger.OldestGeneration = 2;
        Assert.Equal([RedemptionStatus.Retired], Turn(Ask(1, 1)));
        Assert.Equal([RedemptionStatus.Replayed], Turn(Ask(1, 1, generation: 2)));
        Assert.Equal(3, ledger.Batches.Count);
    }

    [Fact]
    [Trait("Invariant", "I4")]
    public void Only_a_duplicate_is_answered_from_memory()
    {
        Turn(Ask(1, 1));
        Assert.Equal([RedemptionStatus.Duplicate], Turn(Ask(1, 2)));
        Assert.Single(ledger.Batches);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public void What_memory_does_not_hold_may_have_been_redeemed_elsewhere()
    {
        ledger.Redeem(Ask(1, 7));
        Assert.Equal([RedemptionStatus.Duplicate], Turn(Ask(1, 1)));
        Assert.Equal([RedemptionStatus.Replayed], Turn(Ask(1, 7)));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void Expiry_is_judged_by_the_ledgers_clock_and_by_its_horizon_alone()
    {
        Assert.Equal([RedemptionStatus.Redeemed], Turn(Ask(1, 1, expiresIn: -50)));
        ledger.Now = Now + 1000;
        Assert.Equal([RedemptionStatus.Expired], Turn(Ask(2, 1, expiresIn: 900)));
        int asked = ledger.Batches.Count;
        shard.RaiseHorizon(Now + 100);
        Assert.Equal([RedemptionStatus.Expired], Turn(Ask(3, 1, expiresIn: 100)));
        Assert.Equal(asked, ledger.Batches.Count);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void Who_waits_is_answered_by_his_leader_where_their_generation_is_the_same_and_asks_himself_where_not()
    {
        ledger.OldestGeneration = 2;
        RedemptionOperation[] operations = [.. new[] { Ask(1, 1, generation: 2), Ask(1, 1), Ask(1, 1, generation: 2), Ask(1, 9, generation: 2) }.Select(request => new RedemptionOperation(request))];
        Run(operations);
        Assert.Equal([RedemptionStatus.Redeemed, RedemptionStatus.Unknown, RedemptionStatus.Replayed, RedemptionStatus.Duplicate], Statuses(operations));
        Assert.Equal([operations[1]], again);
        Assert.Equal([RedemptionStatus.Retired], TurnOfCarried());
    }

    [Theory]
    [InlineData(2, 600, RedemptionStatus.Retired)]
    [InlineData(1, -100, RedemptionStatus.Expired)]
    [Trait("Invariant", "I10")]
    public void A_crowd_that_waits_for_a_refusal_is_answered_in_one_turn(int oldest, int expiresIn, RedemptionStatus refusal)
    {
        ledger.OldestGeneration = oldest;
        RedemptionStatus[] statuses = Turn([.. Enumerable.Range(0, 500).Select(i => Ask(1, (ulong)i, expiresIn))]);
        Assert.All(statuses, status => Assert.Equal(refusal, status));
        Assert.Empty(again);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void An_item_whose_outcome_stays_open_is_answered_unknown_and_those_who_wait_for_it_ask_themselves()
    {
        ledger.Open = Ask(2, 1).Token;
        RedemptionOperation[] operations = [new(Ask(1, 1)), new(Ask(2, 1)), new(Ask(2, 1))];
        Run(operations);
        Assert.Equal([RedemptionStatus.Redeemed, RedemptionStatus.Unknown], Statuses(operations[..2]));
        Assert.Equal([operations[2]], again);
        ledger.Open = null;
        Assert.Equal([RedemptionStatus.Redeemed], TurnOfCarried());
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public async Task A_look_asks_the_ledger_and_tells_nothing_where_it_cannot()
    {
        Turn(Ask(1, 1));
        ledger.Redeem(Ask(2, 7));
        PeekOperation[] looks = [Look(1), Look(2), Look(3)];
        await cycle.PeekAsync(looks, Now);
        Assert.Equal(
            [new PeekOutcome(PeekStatus.Redeemed, Now), new PeekOutcome(PeekStatus.Redeemed, Now), new PeekOutcome(PeekStatus.Unspent)],
            looks.Select(look => look.Task.Result));

        ledger.IsReachable = false;
        looks = [Look(1), Look(3)];
        await cycle.PeekAsync(looks, Now);
        Assert.All(looks, look => Assert.Equal(default, look.Task.Result));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public void Whatever_several_nodes_are_asked_their_answers_agree_with_the_one_ledger()
    {
        for (int seed = Seed; seed < Seed + 1_000; seed++)
        {
            Random random = new(seed);
            SharedCommitCycleTests[] nodes = [new(), new(), new()];
            SharedLedgerModel truth = nodes[0].ledger;
            CommitCycle[] cycles = [.. nodes.Select(node => new CommitCycle(node.shard, truth, authority: null))];
            for (int i = 0; i < 12; i++)
            {
                int which = random.Next(cycles.Length);
                truth.OldestGeneration = Math.Max(truth.OldestGeneration, random.Next(20) == 0 ? random.Next(1, 4) : 1);
                List<RedemptionOperation> operations = [.. nodes[which].again, .. Enumerable.Range(0, random.Next(8)).Select(_ =>
                    new RedemptionOperation(Ask((ulong)random.Next(3), (ulong)random.Next(3), generation: random.Next(1, 4))))];
                nodes[which].again.Clear();
                Assert.True(cycles[which].RunAsync(operations, Now, nodes[which].again).IsCompletedSuccessfully);
                foreach (RedemptionOperation operation in operations.Except(nodes[which].again))
                {
                    RedemptionRequest request = operation.Request;
                    bool isSpent = truth.Facts.TryGetValue(request.Token, out RedemptionFact fact);
                    bool isRight = operation.Outcome.Status switch
                    {
                        RedemptionStatus.Redeemed or RedemptionStatus.Replayed =>
                            isSpent && fact.Attempt == request.Attempt && request.Generation.Value >= truth.OldestGeneration,
                        RedemptionStatus.Duplicate => isSpent && fact.Attempt != request.Attempt,
                        RedemptionStatus.Retired => request.Generation.Value < truth.OldestGeneration,
                        _ => false,
                    };
                    Assert.True(isRight, $"seed {seed}, turn {i}: {request} {operation.Outcome}");
                }
            }
        }
    }

    private static PeekOperation Look(ulong token) => new(Ask(token, 1).Token, Ask(token, 1).ExpiresAt, asker: null);

    private static RedemptionStatus[] Statuses(IEnumerable<RedemptionOperation> operations) => [.. operations.Select(operation => operation.Outcome.Status)];

    private RedemptionStatus[] Turn(params RedemptionRequest[] requests)
    {
        RedemptionOperation[] operations = [.. requests.Select(request => new RedemptionOperation(request))];
        Run(operations);
        return Statuses(operations);
    }

    private RedemptionStatus[] TurnOfCarried()
    {
        RedemptionOperation[] carried = [.. again];
        again.Clear();
        Run(carried);
        return Statuses(carried);
    }

    private void Run(RedemptionOperation[] operations) => Assert.True(cycle.RunAsync(operations, Now, again).IsCompletedSuccessfully);

    /// <summary>What the contract of a shared ledger says, in memory.</summary>
    private sealed class SharedLedgerModel : ISharedRedemptionStore
    {
        public Dictionary<TokenId, RedemptionFact> Facts { get; } = [];

        public List<RedemptionRequest[]> Batches { get; } = [];

        public int OldestGeneration { get; set; } = 1;

        public UnixSeconds Now { get; set; } = RedemptionSamples.Now - 100;

        public TokenId? Open { get; set; }

        public bool IsReachable { get; set; } = true;

        public UnixSeconds Horizon => default;

        public UnixSeconds IssuedFloor => default;

        public bool CanCommit => true;

        public void Redeem(RedemptionRequest request) => Facts.Add(request.Token, Fact(request, RedemptionSamples.Now));

        public ValueTask CommitAsync(ReadOnlyMemory<RedemptionRequest> batch, Memory<CommitResult> results, UnixSeconds now)
        {
            Batches.Add(batch.ToArray());
            Assert.Equal(batch.Length, Batches[^1].Select(request => request.Token).Distinct().Count());
            for (int i = 0; i < batch.Length; i++) results.Span[i] = Commit(batch.Span[i]);
            return ValueTask.CompletedTask;
        }

        public ValueTask PeekAsync(ReadOnlyMemory<PeekRequest> tokens, Memory<PeekOutcome> outcomes)
        {
            if (!IsReachable) throw new UnknownOutcomeException("the line is dead");
            for (int i = 0; i < tokens.Length; i++)
            {
                outcomes.Span[i] = Facts.TryGetValue(tokens.Span[i].Token, out RedemptionFact fact)
                    ? new PeekOutcome(PeekStatus.Redeemed, fact.At)
                    : new PeekOutcome(PeekStatus.Unspent);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask PurgeAsync(UnixSeconds upTo) => ValueTask.CompletedTask;

        private CommitResult Commit(in RedemptionRequest request)
        {
            if (request.Token == Open) return default;
            if (request.Generation.Value < OldestGeneration) return new CommitResult(CommitStatus.RetiredGeneration);
            if (Facts.TryGetValue(request.Token, out RedemptionFact fact)) return new CommitResult(CommitStatus.Existing, fact.Attempt, fact.At);
            if (request.ExpiresAt <= Now) return new CommitResult(CommitStatus.Expired);
            Redeem(request);
            return new CommitResult(CommitStatus.Recorded, request.Attempt, RedemptionSamples.Now);
        }
    }
}
