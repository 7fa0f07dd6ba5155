using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.Postgres.Server;
using Npgsql;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>Forgetting beside recording, and beside forgetting.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PurgeRaceTests(PostgresFixture server) : IAsyncLifetime
{
    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await TestSchema.CreateAsync(server);

    public async Task DisposeAsync() => await schema.DisposeAsync();

    [FactWithPostgres]
    [Trait("Invariant", "I7")]
    public async Task No_token_is_redeemed_twice_while_its_partition_is_dropped()
    {
        LedgerNode[] nodes = [await schema.OpenNodeAsync(), await schema.OpenNodeAsync(), await schema.OpenNodeAsync()];
        LedgerNode[] purgers = [await schema.OpenNodeAsync(), await schema.OpenNodeAsync()];
        int[] redeemed = new int[600];
        bool isOver = false;
        int commits = 0;
        Task[] recording = [.. nodes.Select((node, which) => Task.Run(async () =>
        {
            Random random = new(which);
            while (!Volatile.Read(ref isOver))
            {
                RedemptionRequest[] batch = [.. Enumerable.Range(0, 60).Select(_ => random.Next(redeemed.Length)).Distinct().Select(i => Ask(i + 1, (which * 100_000) + i, expiresIn: (2 * i) + 1))];
                CommitResult[] results = await node.CommitAsync(batch);
                for (int i = 0; i < batch.Length; i++)
                {
                    if (results[i].Status == CommitStatus.Recorded) Interlocked.Increment(ref redeemed[(batch[i].ExpiresAt - Start) / 2]);
                }

                Interlocked.Increment(ref commits);
            }
        }))];
        try
        {
            // The clock of the database goes to and fro: only the horizon keeps what was dropped from coming back.
            // A purge that meets an insert is put off, on a busy machine again and again.
            using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
            for (int step = 1; step <= 30 || !HasForgotten(); step++)
            {
                patience.Token.ThrowIfCancellationRequested();
                UnixSeconds time = Start + (Math.Min(step, 30) * 50);
                await schema.SetTimeAsync(time);
                await Task.WhenAll(purgers.Select(purger => Task.Run(() => purger.Store.PurgeAsync(time - 300).AsTask())));
                await schema.SetTimeAsync(Start);
                int seen = Volatile.Read(ref commits);
                while (Volatile.Read(ref commits) < seen + 3 && !recording.Any(task => task.IsCompleted)) await Task.Delay(1);
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
        }

        await Task.WhenAll(recording);
        Assert.All(redeemed, times => Assert.InRange(times, 0, 1));
        Assert.True(redeemed.Sum() > redeemed.Length / 2, $"only {redeemed.Sum()} were redeemed");
        Assert.All(nodes.Concat(purgers), node => Assert.True(node.Store.CanCommit));

        bool HasForgotten() => purgers.Max(purger => purger.Store.Horizon.Value) > Start.Value + 500;
    }

    /// <summary>What it knows of the horizon is old by the time that it would write it.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I7")]
    public async Task A_purge_beside_another_one_does_not_take_back_the_horizon()
    {
        LedgerNode node = await schema.OpenQuietNodeAsync();
        await schema.SetTimeAsync(Start + 1000);
        await using NpgsqlConnection other = await schema.OpenAsync();
        await using NpgsqlTransaction purge = await other.BeginTransactionAsync();
        await using NpgsqlCommand raise = new($"UPDATE ledger SET horizon = {Start.Value + 800}", other);
        await raise.ExecuteNonQueryAsync();
        Task purging = Task.Run(() => node.Store.PurgeAsync(Start + 700).AsTask());
        await Until.HoldsAsync(async () => purging.IsCompleted || await schema.CountAsync("pg_stat_activity WHERE wait_event_type = 'Lock'") > 0);
        await purge.CommitAsync();
        await purging;
        Assert.Equal(1, await schema.CountAsync($"ledger WHERE horizon = {Start.Value + 800}"));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task Batches_of_several_nodes_with_the_same_tokens_in_other_orders_do_not_lock_each_other_out()
    {
        LedgerNode[] nodes = [await schema.OpenNodeAsync(), await schema.OpenNodeAsync(), await schema.OpenNodeAsync(), await schema.OpenNodeAsync()];
        int recorded = 0, rounds = 0;
        await Task.WhenAll(nodes.Select((node, which) => Task.Run(async () =>
        {
            for (int round = 0; round < 4; round++)
            {
                RedemptionRequest[] batch = [.. Enumerable.Range(0, 200).Select(i => Ask((round * 1000) + i + 1, which))];
                new Random((round * 10) + which).Shuffle(batch);
                CommitResult[] results = await node.CommitAsync(batch);
                Interlocked.Add(ref recorded, results.Count(result => result.Status == CommitStatus.Recorded));
                Interlocked.Add(ref rounds, results.Count(result => result.Status == CommitStatus.Existing));
                for (int i = 0; i < batch.Length; i++) Assert.Equal(result(results[i]), results[i].Attempt == batch[i].Attempt);
            }

            static bool result(CommitResult one) => one.Status == CommitStatus.Recorded;
        })));
        Assert.Equal(4 * 200, recorded);
        Assert.Equal(4 * 200 * 3, rounds);
        Assert.Equal(0, await schema.CountAsync("pg_stat_database WHERE datname = current_database() AND deadlocks > 0"));
    }

    /// <summary>Each of them has one of the two tokens, and wants the other's: that is a deadlock.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I1")]
    public async Task Of_two_batches_in_opposite_orders_one_waits_for_the_other_before_it_has_anything()
    {
        LedgerNode one = await schema.OpenQuietNodeAsync(), other = await schema.OpenQuietNodeAsync();
        Gate gate = new(schema);
        await gate.BeforeFurtherInsertsIntoAsync("redemption");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        Task<CommitResult[]> first = one.CommitAsync(Ask(1, 1), Ask(2, 1)), second = other.CommitAsync(Ask(2, 2), Ask(1, 2));
        await Until.HoldsAsync(async () => await schema.CountAsync("pg_locks WHERE NOT granted") == 2);
        Assert.Equal(1, await gate.WaitingAsync());
        await closed.CloseAsync();
        Assert.Equal(
            [CommitStatus.Recorded, CommitStatus.Recorded, CommitStatus.Existing, CommitStatus.Existing],
            (await first).Concat(await second).Select(result => result.Status).Order());
    }

    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task Partitions_are_made_ahead_and_dropped_whole()
    {
        LedgerNode node = await schema.OpenQuietNodeAsync();
        long before = await schema.CountAsync("redemption_partition");
        Assert.InRange(before, 10, 30);
        await schema.SetTimeAsync(Start + 1000);
        await node.Store.PurgeAsync(Start + 700);
        long after = await schema.CountAsync($"redemption_partition WHERE upper <= {Start.Value + 701}");
        Assert.Equal(0, after);
        Assert.Equal(await schema.CountAsync("redemption_partition"), await schema.CountAsync($"pg_inherits WHERE inhparent = '{schema.Name}.redemption'::regclass"));

        // A token that lives as long as any, minted and judged by clocks that run ahead.
        LedgerNode next = await schema.OpenNodeAsync();
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await next.CommitAsync(Ask(1, 1, expiresIn: 1000 + 600 + 600))).Status);
        Assert.Equal(CommitStatus.Unknown, Assert.Single(await next.CommitAsync(Ask(2, 1, expiresIn: 100_000))).Status);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await next.CommitAsync(Ask(3, 1, expiresIn: 1000 + 600))).Status);
    }
}
