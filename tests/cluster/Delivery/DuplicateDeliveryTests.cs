using CaptchaCluster.Grains.Redemption;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace CaptchaCluster.Tests.Cluster.Delivery;

/// <summary>
/// What is sent may come twice, at once or much later, to one owner of a shard or to two, and what is answered may not come
/// at all. Whatever comes of that, an attempt is told one thing, and one attempt of a token is told success.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class DuplicateDeliveryTests(DuplicateDeliveryTests.Fixture fixture) : IClassFixture<DuplicateDeliveryTests.Fixture>
{
    private const int Items = 50;

    private static readonly ShardCount Shards = new(16);

    private readonly TwoOwners owners = fixture.Owners;

    [TheoryWithPostgres]
    [InlineData(0, 0, false)]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, false)]
    [InlineData(0, 1, true)]
    [Trait("Invariant", "I1")]
    public async Task A_batch_that_comes_twice_redeems_once_and_both_replies_say_so(int first, int second, bool isLate)
    {
        RedemptionRequest[] batch = await owners.AskAsync(Items);
        Task<RedemptionOutcome[]> one = DeliverAsync(first, batch);
        if (isLate) await one;
        RedemptionOutcome[] other = await DeliverAsync(second, batch);
        for (int i = 0; i < Items; i++)
        {
            RedemptionOutcome[] both = [(await one)[i], other[i]];
            Assert.All(both, outcome => Assert.True(IsSuccess(outcome), $"{outcome}"));
            Assert.Equal(both[0].At, both[1].At);
            if (isLate) Assert.Equal(RedemptionStatus.Replayed, other[i].Status);
            Assert.Equal(batch[i].Attempt, await owners.WinnerOfAsync(batch[i].Token));
        }
    }

    /// <summary>Also where the winner's second delivery comes after a rival was turned away, and the rival's after that.</summary>
    [TheoryWithPostgres]
    [InlineData(0)]
    [InlineData(1)]
    [Trait("Invariant", "I3")]
    public async Task A_rivals_batch_is_a_duplicate_as_often_as_it_comes_and_the_winners_is_not(int second)
    {
        RedemptionRequest[] winners = await owners.AskAsync(Items);
        RedemptionRequest[] rivals = [.. winners.Select(winner => winner with { Attempt = AttemptKey.New() })];
        await DeliverAsync(0, winners);
        foreach (int owner in new[] { second, 0, second })
        {
            Assert.All(await DeliverAsync(owner, rivals), outcome => Assert.Equal(RedemptionStatus.Duplicate, outcome.Status));
            Assert.All(await DeliverAsync(owner, winners), outcome => Assert.Equal(RedemptionStatus.Replayed, outcome.Status));
        }
    }

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task A_delivery_that_comes_after_the_secret_was_rotated_redeems_and_replays_nothing()
    {
        RedemptionRequest[] all = await owners.AskAsync(2 * Items);
        (RedemptionRequest[] redeemed, RedemptionRequest[] late) = (all[..Items], all[Items..]);
        await DeliverAsync(0, redeemed);
        await owners.RotateAsync(late[0].Site);
        foreach (int owner in new[] { 0, 1 })
        {
            foreach (RedemptionRequest[] batch in new[] { redeemed, late })
                Assert.All(await DeliverAsync(owner, batch), outcome => Assert.Equal(RedemptionStatus.Retired, outcome.Status));
        }

        foreach (RedemptionRequest request in late) Assert.Null(await owners.WinnerOfAsync(request.Token));
        RedemptionRequest[] again = [.. late.Select(request => request with { Generation = request.Generation.Next() })];
        Assert.All(await DeliverAsync(1, again), outcome => Assert.True(IsSuccess(outcome), $"{outcome}"));
    }

    /// <summary>The shard had recorded it, and a gateway that asks again asks as the same attempt.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I4")]
    public async Task A_success_whose_reply_was_lost_is_had_by_asking_again()
    {
        int lost = 0;
        await using Gateway gateway = await Gateway.StartAsync(owners, 0, GatewayProcess.Patience, async deliver =>
        {
            ShardReply reply = await deliver();
            return Interlocked.Increment(ref lost) <= 2 ? throw new TimeoutException() : reply;
        });
        RedemptionRequest request = (await owners.AskAsync(1))[0];
        Assert.Equal(RedemptionStatus.Replayed, (await gateway.Redeemer.RedeemAsync(request)).Status);
        Assert.Equal(3, lost);
        Assert.Equal(request.Attempt, await owners.WinnerOfAsync(request.Token));
    }

    /// <summary>A refusal would be one that has spent the token (I6).</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I5")]
    public async Task A_success_whose_reply_was_lost_is_no_refusal_when_the_secret_was_rotated_meanwhile()
    {
        RedemptionRequest request = (await owners.AskAsync(1))[0];
        bool isFirst = true;
        await using Gateway gateway = await Gateway.StartAsync(owners, 0, GatewayProcess.Patience, async deliver =>
        {
            ShardReply reply = await deliver();
            if (!isFirst) return reply;
            isFirst = false;
            await owners.RotateAsync(request.Site);
            throw new TimeoutException();
        });
        Assert.Equal(RedemptionStatus.Unknown, (await gateway.Redeemer.RedeemAsync(request)).Status);
        Assert.Equal(request.Attempt, await owners.WinnerOfAsync(request.Token));
    }

    /// <summary>It was recorded, and nobody could know: neither success nor duplicate (I5). Asked again with its key it is settled.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I5")]
    public async Task What_no_reply_came_for_until_the_budget_was_spent_is_unknown()
    {
        bool isCut = true;
        await using Gateway gateway = await Gateway.StartAsync(owners, 0, TimeSpan.FromSeconds(1), async deliver =>
        {
            ShardReply reply = await deliver();
            return Volatile.Read(ref isCut) ? throw new TimeoutException() : reply;
        });
        RedemptionRequest request = (await owners.AskAsync(1))[0];
        Assert.Equal(RedemptionStatus.Unknown, (await gateway.Redeemer.RedeemAsync(request)).Status);
        Volatile.Write(ref isCut, false);
        Assert.Equal(RedemptionStatus.Replayed, await SettleAsync(request));
        Assert.Equal(RedemptionStatus.Duplicate, await SettleAsync(request with { Attempt = AttemptKey.New() }));

        async Task<RedemptionStatus> SettleAsync(RedemptionRequest asked)
        {
            long began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                RedemptionStatus status = (await gateway.Redeemer.RedeemAsync(asked)).Status;
                if (status != RedemptionStatus.Unknown || TimeProvider.System.GetElapsedTime(began) > GatewayProcess.Patience) return status;
            }
        }
    }

    /// <summary>A gateway before each owner, and on the way to both: calls that come once, twice at once, again later, or whose reply is lost.</summary>
    [TheoryWithPostgres]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait("Invariant", "I1")]
    public async Task Of_rivals_that_two_owners_hear_of_in_every_way_one_is_told_success(int seed)
    {
        const int tokens = 100, rivals = 3, tries = 3;
        RandomDelivery spoiling = new(seed);
        await using Gateway one = await Gateway.StartAsync(owners, 0, GatewayProcess.Patience, spoiling.DeliverAsync);
        await using Gateway other = await Gateway.StartAsync(owners, 1, GatewayProcess.Patience, spoiling.DeliverAsync);
        ClusterRedeemer[] gateways = [one.Redeemer, other.Redeemer];
        RedemptionRequest[] requests =
        [
            .. (await owners.AskAsync(tokens))
                .SelectMany(first => Enumerable.Range(0, rivals).Select(_ => first with { Attempt = AttemptKey.New() }))
                .SelectMany(request => Enumerable.Repeat(request, tries)),
        ];
        new Random(seed).Shuffle(requests);
        RedemptionOutcome[] outcomes = await Task.WhenAll(requests.Select((request, i) => gateways[i % 2].RedeemAsync(request).AsTask()));
        await spoiling.LateOnesAsync();

        Assert.True(spoiling.Lost > 0 && spoiling.Twice > 0 && spoiling.Late > 0, spoiling.ToString());
        foreach (IGrouping<RedemptionRequest, RedemptionOutcome> attempt in requests.Zip(outcomes).GroupBy(told => told.First, told => told.Second))
        {
            bool hasWon = await owners.WinnerOfAsync(attempt.Key.Token) == attempt.Key.Attempt;
            Assert.All(attempt, outcome => Assert.True(
                hasWon ? IsSuccess(outcome) : outcome.Status == RedemptionStatus.Duplicate,
                $"{(hasWon ? "the winner" : "a rival")} was told {outcome.Status}"));
        }

        Assert.Equal(tokens, requests.Zip(outcomes).Where(told => IsSuccess(told.Second)).DistinctBy(told => (told.First.Token, told.First.Attempt)).Count());
    }

    private async Task<RedemptionOutcome[]> DeliverAsync(int owner, RedemptionRequest[] requests)
    {
        RedemptionOutcome[] outcomes = new RedemptionOutcome[requests.Length];
        await Task.WhenAll(requests.Index().GroupBy(request => Shards.ShardOf(request.Item.Token)).Select(async shard =>
        {
            RedemptionBatch batch = RedemptionBatch.Of(Shards, [.. shard.Select(request => request.Item)]);
            RedemptionOutcome[] replies = (await DeliverAsync(owners.Clients[owner].GetGrain<IRedemptionGrain>(shard.Key), batch)).ReadRedemptions();
            foreach ((int i, (int at, _)) in shard.Index()) outcomes[at] = replies[i];
        }));
        return outcomes;
    }

    // A busy machine may take longer than a call waits; then it comes once more still.
    private static async Task<ShardReply> DeliverAsync(IRedemptionGrain shard, RedemptionBatch batch)
    {
        for (long began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return await shard.RedeemAsync(batch);
            }
            catch (TimeoutException) when (TimeProvider.System.GetElapsedTime(began) < GatewayProcess.Patience)
            {
            }
        }
    }

    private static bool IsSuccess(RedemptionOutcome outcome) => outcome.Status is RedemptionStatus.Redeemed or RedemptionStatus.Replayed;

    public sealed class Fixture(PostgresFixture server) : IAsyncLifetime
    {
        internal TwoOwners Owners { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            if (PostgresFixture.WhyNot is null) Owners = await TwoOwners.StartAsync(server);
        }

        public async Task DisposeAsync()
        {
            if (Owners is not null) await Owners.DisposeAsync();
        }
    }

    /// <summary>A gateway's way to the shards of one owner.</summary>
    private sealed class Gateway(ClusterRedeemer redeemer, LedgerWatch ledger) : IAsyncDisposable
    {
        public ClusterRedeemer Redeemer => redeemer;

        public static async Task<Gateway> StartAsync(TwoOwners owners, int owner, TimeSpan budget, Delivery delivery)
        {
            IGrainFactory grains = SpoiledShards.Of(owners.Clients[owner], delivery);
            LedgerWatch ledger = await LedgerWatch.StartAsync(new AnySilo(grains), TimeProvider.System, NullLogger.Instance);
            ShardCallLog log = new(owners.Meter, NullLogger<ShardCallLog>.Instance, TimeProvider.System);
            ShardLinkOptions options = new() { Budget = budget, MaxBatch = 10, FirstPause = TimeSpan.FromMilliseconds(1), LongestPause = TimeSpan.FromMilliseconds(10) };
            return new Gateway(new ClusterRedeemer(grains, ledger, log, options, TimeProvider.System), ledger);
        }

        public ValueTask DisposeAsync() => ledger.DisposeAsync();
    }

    /// <summary>Repeats its choices with its seed, and not who meets them.</summary>
    private sealed class RandomDelivery(int seed)
    {
        private readonly Lock gate = new();
        private readonly Random random = new(seed);
        private readonly List<Task> late = [];
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Lost { get; private set; }

        public int Twice { get; private set; }

        public int Late { get; private set; }

        public async Task<ShardReply> DeliverAsync(Func<Task<ShardReply>> deliver)
        {
            switch (Choose())
            {
                case 0:
                    await deliver();
                    throw new TimeoutException();
                case 1:
                    return await await Task.WhenAny(deliver(), deliver());
                case 2:
                    lock (gate) late.Add(released.Task.ContinueWith(_ => deliver(), TaskScheduler.Default).Unwrap());
                    return await deliver();
                default:
                    return await deliver();
            }
        }

        /// <summary>Those that come again after all was answered.</summary>
        public Task LateOnesAsync()
        {
            released.SetResult();
            lock (gate) return Task.WhenAll(late);
        }

        public override string ToString() => $"seed {seed}: {Lost} lost, {Twice} twice, {Late} late";

        private int Choose()
        {
            lock (gate)
            {
                int choice = random.Next(6);
                if (choice == 0) Lost++;
                else if (choice == 1) Twice++;
                else if (choice == 2) Late++;
                return choice;
            }
        }
    }
}
