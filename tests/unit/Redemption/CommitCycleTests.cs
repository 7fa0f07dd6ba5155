using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;
using static CaptchaCluster.Tests.Unit.Redemption.RedemptionSamples;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class CommitCycleTests
{
    private const int Seed = 20_261_213;

    private readonly RedemptionShard shard = new();
    private readonly FakeStore store = new();
    private readonly FakeAuthority authority = new();
    private readonly CommitCycle cycle;
    private readonly List<RedemptionOperation> again = [];

    public CommitCycleTests() => cycle = new CommitCycle(shard, store, authority);

    [Fact]
    [Trait("Invariant", "I1")]
    public void One_attempt_leads_and_those_who_wait_are_answered_from_its_outcome()
    {
        RedemptionOperation[] operations = Turn(Ask(1, 1), Ask(1, 2), Ask(1, 1), Ask(1, 3), Ask(2, 2));
        Assert.Equal(
            [RedemptionStatus.Redeemed, RedemptionStatus.Duplicate, RedemptionStatus.Replayed, RedemptionStatus.Duplicate, RedemptionStatus.Redeemed],
            Statuses(operations));
        Assert.All(operations, operation => Assert.Equal(Now, operation.Outcome.At));
        Assert.Equal([Ask(1, 1), Ask(2, 2)], Assert.Single(store.Batches));
        Assert.Equal(2, cycle.LastCommitSize);
        Assert.Empty(again);
    }

    [Fact]
    [Trait("Invariant", "I2")]
    public void Nobody_is_answered_before_the_store_is_done()
    {
        RedemptionOperation[] operations = [new(Ask(1, 1)), new(Ask(1, 2))];
        store.OnCommit = batch =>
        {
            Assert.All(operations, operation => Assert.Equal(RedemptionStatus.Unknown, operation.Outcome.Status));
            return FakeStore.RecordAll(batch);
        };
        Run(operations, Now);
        Assert.Equal(RedemptionStatus.Redeemed, operations[0].Outcome.Status);
    }

    [Fact]
    public void What_memory_can_answer_is_not_committed()
    {
        Turn(Ask(1, 1));
        Assert.Equal([RedemptionStatus.Duplicate, RedemptionStatus.Replayed], Statuses(Turn(Ask(1, 2), Ask(1, 1))));
        Assert.Single(store.Batches);
        Assert.Equal(0, cycle.LastCommitSize);
    }

    [Theory]
    [InlineData(7, RedemptionStatus.Duplicate, RedemptionStatus.Replayed)]
    [InlineData(1, RedemptionStatus.Replayed, RedemptionStatus.Duplicate)]
    [Trait("Invariant", "I4")]
    public void What_the_store_had_already_is_told_by_whose_it_is(ulong winner, RedemptionStatus leader, RedemptionStatus seventh)
    {
        store.OnCommit = batch => [.. batch.Select(_ => new CommitResult(CommitStatus.Existing, Ask(1, winner).Attempt, Now - 9))];
        RedemptionOperation[] operations = Turn(Ask(1, 1), Ask(1, 7));
        Assert.Equal([leader, seventh], Statuses(operations));
        Assert.All(operations, operation => Assert.Equal(Now - 9, operation.Outcome.At));
    }

    [Theory]
    [InlineData(CommitStatus.RetiredGeneration, RedemptionStatus.Retired)]
    [InlineData(CommitStatus.Expired, RedemptionStatus.Expired)]
    [Trait("Invariant", "I4")]
    public void Who_waited_for_a_commit_that_did_not_spend_the_token_tries_himself(CommitStatus status, RedemptionStatus leader)
    {
        store.OnCommit = FakeStore.All(status);
        RedemptionOperation[] operations = Turn(Ask(1, 1), Ask(1, 2), Ask(1, 3));
        Assert.Equal(leader, operations[0].Outcome.Status);
        Assert.Equal(operations[1..], again);

        store.OnCommit = FakeStore.RecordAll;
        RedemptionOperation[] carried = [.. again];
        again.Clear();
        Run(carried, Now);
        Assert.Equal([RedemptionStatus.Redeemed, RedemptionStatus.Duplicate], Statuses(carried));
        Assert.Equal([Ask(1, 2)], store.Batches[^1]);
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void After_an_unknown_outcome_nothing_is_claimed_and_the_same_attempt_can_settle_it()
    {
        store.OnCommit = FakeStore.Unknown;
        RedemptionOperation[] operations = Turn(Ask(1, 1), Ask(2, 1), Ask(1, 2));
        Assert.Equal([RedemptionStatus.Unknown, RedemptionStatus.Unknown], Statuses(operations[..2]));
        Assert.Equal([operations[2]], again);
        Assert.NotNull(cycle.LastFailure);
        Assert.Equal(0, shard.LiveRedemptions);

        // It had landed after all: the store says so, not memory.
        store.OnCommit = batch => [.. batch.Select(_ => new CommitResult(CommitStatus.Existing, Ask(1, 1).Attempt, Now))];
        Assert.Equal([RedemptionStatus.Replayed, RedemptionStatus.Duplicate], Statuses(Turn(Ask(1, 1), Ask(1, 2))));
        Assert.Null(cycle.LastFailure);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public void After_a_poisoned_write_nothing_is_granted_not_even_what_memory_knows()
    {
        Turn(Ask(1, 1));
        store.OnCommit = batch =>
        {
            store.CanCommit = false;
            return FakeStore.Unknown(batch);
        };
        Assert.All(Turn(Ask(2, 1), Ask(2, 2), Ask(2, 1)), operation => Assert.Equal(RedemptionStatus.Unknown, operation.Outcome.Status));
        Assert.Empty(again);
        Assert.All(Turn(Ask(1, 1), Ask(1, 2), Ask(3, 1)), operation => Assert.Equal(RedemptionStatus.Unknown, operation.Outcome.Status));
        Assert.Equal(2, store.Batches.Count);
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void Who_waited_while_his_secret_was_retired_gets_no_success()
    {
        store.OnCommit = batch =>
        {
            authority.RetireBelow(2);
            return FakeStore.RecordAll(batch);
        };
        RedemptionOperation[] operations = Turn(Ask(1, 1), Ask(1, 1), Ask(1, 1, generation: 2));
        Assert.Equal([RedemptionStatus.Redeemed, RedemptionStatus.Retired, RedemptionStatus.Replayed], Statuses(operations));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void An_expired_token_is_not_committed_but_its_replay_succeeds()
    {
        Turn(Ask(1, 1));
        RedemptionOperation[] operations = [new(Ask(1, 1)), new(Ask(1, 2)), new(Ask(2, 1))];
        Run(operations, Now + 600);
        Assert.Equal([RedemptionStatus.Replayed, RedemptionStatus.Duplicate, RedemptionStatus.Expired], Statuses(operations));
        Assert.Single(store.Batches);
    }

    [Fact]
    [Trait("Invariant", "I6")]
    public void A_look_tells_what_the_turns_made_durable_and_spends_nothing()
    {
        Assert.Equal(new PeekOutcome(PeekStatus.Unspent), Peek(Ask(1, 1)));
        Turn(Ask(1, 1));
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Now), Peek(Ask(1, 9)));
        Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Now), cycle.Peek(Ask(1, 1).Token, Ask(1, 1).ExpiresAt, Now + 10_000));
        Assert.Equal(new PeekOutcome(PeekStatus.Unspent), Peek(Ask(2, 1)));
        Assert.Equal(new PeekOutcome(PeekStatus.Expired), cycle.Peek(Ask(2, 1).Token, Ask(2, 1).ExpiresAt, Now + 600));
        Assert.Single(store.Batches);
        Assert.Equal(RedemptionStatus.Redeemed, Assert.Single(Statuses(Turn(Ask(2, 1)))));
    }

    [Fact]
    [Trait("Invariant", "I8")]
    public void A_look_for_a_secret_that_is_no_longer_valid_tells_only_that()
    {
        RedemptionRequest spent = Ask(1, 1), unspent = Ask(2, 1);
        Turn(spent);
        SiteGeneration asker = new(spent.Site, spent.Generation);
        Assert.Equal(PeekStatus.Redeemed, cycle.Peek(spent.Token, spent.ExpiresAt, Now, asker).Status);
        Assert.Equal(PeekStatus.Unspent, cycle.Peek(unspent.Token, unspent.ExpiresAt, Now, asker).Status);
        authority.RetireBelow(spent.Generation.Value + 1);
        foreach (RedemptionRequest one in new[] { spent, unspent })
            Assert.Equal(new PeekOutcome(PeekStatus.Retired), cycle.Peek(one.Token, one.ExpiresAt, Now, asker));
        Assert.Equal(PeekStatus.Unspent, Peek(unspent).Status); // nobody's secret
    }

    [Fact]
    [Trait("Invariant", "I5")]
    public void After_an_unknown_outcome_a_look_tells_only_what_is_known_to_be_durable()
    {
        Turn(Ask(1, 1));
        store.OnCommit = FakeStore.Unknown;
        Turn(Ask(2, 1));
        store.OnCommit = FakeStore.RecordAll;
        Turn(Ask(3, 1));
        Assert.Equal(PeekStatus.Redeemed, Peek(Ask(1, 1)).Status);
        Assert.Equal(PeekStatus.Redeemed, Peek(Ask(3, 1)).Status);
        Assert.Equal(PeekStatus.Unknown, Peek(Ask(2, 1)).Status);
        Assert.Equal(PeekStatus.Unknown, Peek(Ask(2, 1, expiresIn: 0)).Status);
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public void After_a_poisoned_write_a_look_tells_nothing()
    {
        Turn(Ask(1, 1));
        store.CanCommit = false;
        Assert.Equal(default, Peek(Ask(1, 1)));
        Assert.Equal(default, Peek(Ask(2, 1)));
    }

    [Fact]
    public void A_batch_of_any_size_is_committed_whole_and_in_order()
    {
        foreach (int size in new[] { 1, 255, 256, 257, 5000, 3 })
        {
            ulong first = (ulong)size * 100_000;
            RedemptionOperation[] operations = Turn([.. Enumerable.Range(0, size).Select(i => Ask(first + (ulong)i, (ulong)i))]);
            Assert.All(operations, operation => Assert.Equal(RedemptionStatus.Redeemed, operation.Outcome.Status));
            Assert.Equal(operations.Select(operation => operation.Request), store.Batches[^1]);
        }
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public void Whatever_arrives_no_batch_has_an_id_twice_and_one_attempt_at_most_succeeds()
    {
        for (int seed = Seed; seed < Seed + 2_000; seed++)
        {
            Random random = new(seed);
            CommitCycleTests turn = new();
            Dictionary<TokenId, AttemptKey> durable = [];
            turn.store.OnCommit = batch => turn.Answer(batch, durable, random);
            for (int i = 0; i < 6; i++)
            {
                List<RedemptionOperation> operations =
                    [.. turn.again, .. Enumerable.Range(0, random.Next(12)).Select(_ => new RedemptionOperation(Ask((ulong)random.Next(3), (ulong)random.Next(3))))];
                turn.again.Clear();
                turn.Run(operations, Now + i);
                foreach (RedemptionOperation operation in operations)
                {
                    AttemptKey winner = durable.GetValueOrDefault(operation.Request.Token);
                    bool right = operation.Outcome.Status switch
                    {
                        RedemptionStatus.Redeemed or RedemptionStatus.Replayed => winner == operation.Request.Attempt,
                        RedemptionStatus.Duplicate => winner != operation.Request.Attempt && durable.ContainsKey(operation.Request.Token),
                        _ => true,
                    };
                    Assert.True(right, $"seed {seed}, turn {i}: {operation.Request} {operation.Outcome}");
                }
            }

            Assert.All(turn.store.Batches, batch => Assert.Equal(batch.Length, batch.Select(request => request.Token).Distinct().Count()));
        }
    }

    private static RedemptionStatus[] Statuses(IEnumerable<RedemptionOperation> operations) => [.. operations.Select(operation => operation.Outcome.Status)];

    private CommitResult[] Answer(RedemptionRequest[] batch, Dictionary<TokenId, AttemptKey> durable, Random random)
    {
        bool unknown = random.Next(4) == 0;
        CommitResult[] results = new CommitResult[batch.Length];
        for (int i = 0; i < batch.Length; i++)
        {
            bool existing = durable.TryGetValue(batch[i].Token, out AttemptKey winner);
            CommitStatus status = existing ? CommitStatus.Existing : random.Next(5) switch { 0 => CommitStatus.Expired, 1 => CommitStatus.RetiredGeneration, _ => CommitStatus.Recorded };
            if (status == CommitStatus.Recorded && !(unknown && random.Next(2) == 0)) durable.Add(batch[i].Token, winner = batch[i].Attempt);
            results[i] = new CommitResult(status, status == CommitStatus.Recorded ? batch[i].Attempt : winner, Now);
        }

        return unknown ? FakeStore.Unknown(batch) : results;
    }

    private PeekOutcome Peek(in RedemptionRequest request) => cycle.Peek(request.Token, request.ExpiresAt, Now);

    private RedemptionOperation[] Turn(params RedemptionRequest[] requests)
    {
        RedemptionOperation[] operations = [.. requests.Select(request => new RedemptionOperation(request))];
        Run(operations, Now);
        return operations;
    }

    private void Run(IReadOnlyList<RedemptionOperation> operations, UnixSeconds now)
    {
        ValueTask turn = cycle.RunAsync(operations, now, again);
        Assert.True(turn.IsCompletedSuccessfully);
    }
}
