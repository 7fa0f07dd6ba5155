using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tokens;
using CaptchaCluster.Verification;
using Npgsql;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>What a database that came back from its backup has forgotten, no gateway grants again, also none that ran all the while.</summary>
[Collection(PostgresCollection.Name)]
[Trait("Invariant", "I1")]
public sealed class RestoredTests(PostgresFixture server) : IAsyncLifetime
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await CreateAsync(server);

    public async Task DisposeAsync() => await schema.DisposeAsync();

    /// <summary>It judged by the floor of before: what it commits is not decided, and it knows better from then on.</summary>
    [FactWithPostgres]
    public async Task A_gateway_that_does_not_know_of_it_yet_redeems_nothing_by_the_old_floor()
    {
        LedgerNode running = await schema.OpenQuietNodeAsync();
        LedgerNode restored = await schema.OpenNodeAsync(schema.Options with { Restored = true });
        Assert.Equal(CommitStatus.Unknown, Assert.Single(await running.CommitAsync(Ask(1, 1))).Status);
        Assert.Equal(0, await schema.CountAsync("redemption"));
        Assert.Equal(restored.Store.IssuedFloor, running.Store.IssuedFloor);
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await running.CommitAsync(Ask(1, 1))).Status);
    }

    [FactWithPostgres]
    public async Task A_gateway_that_does_not_know_of_it_yet_learns_of_it_by_a_look()
    {
        LedgerNode running = await schema.OpenQuietNodeAsync();
        LedgerNode restored = await schema.OpenNodeAsync(schema.Options with { Restored = true });
        Assert.Equal(PeekStatus.Unspent, (await running.PeekAsync(Ask(1, 1))).Status);
        Assert.Equal(restored.Store.IssuedFloor, running.Store.IssuedFloor);
    }

    /// <summary>Judged by the old floor, it waits for a commit to end; by the time of its own the gateway knows the new one.</summary>
    [FactWithPostgres]
    public async Task A_token_that_waited_in_the_queue_meanwhile_is_not_granted()
    {
        await schema.SetTimeAsync(UnixSeconds.Now(Clock));
        await schema.ExecuteAsync("DELETE FROM site");
        LedgerNode running = await schema.OpenNodeAsync(schema.Options with { UpkeepInterval = TimeSpan.FromMilliseconds(50) });
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        SiteDirectory sites = new([]);
        (Site site, string secret) = await new SiteRegistry(sites, new PostgresSiteStore(database), Clock).CreateAsync(new SitePolicy { Name = "a site", TokenTtlSeconds = 600 });
        TokenCodec codec = new(new KeyRing(new Dictionary<string, byte[]> { ["k1"] = new byte[SigningKey.Size] }, "k1"), new TokenLimits(600, 300), Clock);
        await using ShardHost host = new(running.Store, new RedemptionShard(), authority: null, Clock, new ShardHostOptions(), new NobodyWatches());
        Verifier verifier = new(sites, codec, host, Clock, acceptTestKeys: false);
        byte[][] tokens = [.. Enumerable.Range(0, 3).Select(_ => Mint())];

        Gate gate = new(schema);
        await gate.BeforeInsertsIntoAsync("redemption");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        Task<Verdict> committing = VerifyAsync(tokens[0]);
        await Until.HoldsAsync(async () => await gate.WaitingAsync() == 1);
        Task<Verdict> queued = VerifyAsync(tokens[1]);
        await schema.ExecuteAsync("UPDATE ledger SET issued_floor = ledger_clock() + 300");
        await Until.HoldsAsync(() => running.Store.IssuedFloor != default);
        await closed.CloseAsync();
        Assert.Equal(VerdictKind.Expired, (await queued.WaitAsync(Until.Patience)).Kind);
        Assert.NotEqual(VerdictKind.Success, (await committing.WaitAsync(Until.Patience)).Kind);
        foreach (byte[] token in tokens) Assert.Equal(VerdictKind.Expired, (await VerifyAsync(token)).Kind);

        Task<Verdict> VerifyAsync(byte[] token) => verifier.VerifyAsync(new VerificationRequest
        {
            Secret = Encoding.ASCII.GetBytes(secret),
            Token = token,
            IdempotencyKey = "one"u8,
        }).AsTask();

        byte[] Mint()
        {
            Assert.True(Hostname.TryParse("example.com", out Hostname hostname));
            UnixSeconds now = UnixSeconds.Now(Clock);
            Assert.True(codec.TryMint(new TokenClaims { Site = site.Key, Id = TokenId.New(), IssuedAt = now, ExpiresAt = now + 600, Hostname = hostname }, out string token));
            return Encoding.ASCII.GetBytes(token);
        }
    }

    private sealed class NobodyWatches : IShardObserver
    {
        public void TurnEnded(in ShardTurn turn)
        {
        }

        public void Overloaded()
        {
        }

        public void CommitFailed(Exception exception)
        {
        }

        public void PurgeFrozen(long driftSeconds)
        {
        }

        public void PurgeThawed()
        {
        }

        public void HostFailed(Exception exception)
        {
        }
    }
}
