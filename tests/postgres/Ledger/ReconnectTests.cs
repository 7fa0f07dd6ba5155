using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes.Postgres;
using static CaptchaCluster.Tests.Postgres.Server.TestSchema;

namespace CaptchaCluster.Tests.Postgres.Ledger;

/// <summary>Whatever became of the database, and however a connection was lost: the way back is found without a restart.</summary>
[Collection(PostgresCollection.Name)]
[Trait("Invariant", "I9")]
public sealed class ReconnectTests(PostgresFixture server) : IAsyncLifetime
{
    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await CreateAsync(server);

    public async Task DisposeAsync() => await schema.DisposeAsync();

    /// <summary>Npgsql asks of itself after connections that nobody uses, and lets go of those that do not answer.</summary>
    [FactWithPostgres]
    public async Task A_connection_that_was_lost_while_nobody_used_it_is_replaced()
    {
        await using CuttingProxy proxy = new(server.SocketPath);
        PostgresOptions options = Through(proxy, ";Keepalive=1") with { UpkeepInterval = TimeSpan.FromHours(1) };
        await using PostgresDatabase database = await PostgresDatabase.OpenAsync(options);
        foreach (bool isCommit in new[] { true, false })
        {
            LedgerNode node = await schema.OpenNodeAsync(options);
            await node.CommitAsync(Ask(1, 1));
            using LedgerSession later = LedgerSession.Open(database);
            await EndConnectionsAsync();
            await Until.HoldsAsync(() => !later.IsOpen); // nor is the one that was used before it
            if (isCommit) Assert.Equal([CommitStatus.Existing, CommitStatus.Recorded], (await node.CommitAsync(Ask(1, 1), Ask(2, 1))).Select(result => result.Status));
            else Assert.Equal(new PeekOutcome(PeekStatus.Redeemed, Start), await node.PeekAsync(Ask(1, 1)));
            Assert.True(node.Store.CanCommit);
        }
    }

    [FactWithPostgres]
    public async Task A_purge_that_is_led_to_a_standby_ends_readiness_and_nothing_else()
    {
        LedgerNode node = await schema.OpenQuietNodeAsync();
        await schema.SetTimeAsync(Start + 1000);
        await schema.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} SET default_transaction_read_only = on");
        try
        {
            await node.CommitAsync(Ask(9, 9, expiresIn: 1500)); // takes the one connection there is
            await node.Store.PurgeAsync(Start + 700);
            Assert.False(node.Store.CanCommit);
        }
        finally
        {
            await schema.ExecuteAsync($"ALTER ROLE {PostgresServer.Role} RESET default_transaction_read_only");
        }

        await Until.HoldsAsync(() => node.Store.CanCommit);
        await node.Store.PurgeAsync(Start + 700);
        Assert.Equal(0, await schema.CountAsync($"redemption_partition WHERE upper <= {Start.Value + 701}"));
        Assert.Equal(CommitStatus.Recorded, Assert.Single(await node.CommitAsync(Ask(1, 1, expiresIn: 1500))).Status);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task A_database_that_is_away_is_not_called_all_the_time()
    {
        await using CuttingProxy proxy = new(server.SocketPath);
        LedgerNode node = await schema.OpenNodeAsync(Through(proxy) with { UpkeepInterval = TimeSpan.FromMilliseconds(10) });
        proxy.IsDown = true;
        proxy.Plan(Cut.BeforeItIsSent);
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => node.CommitAsync(Ask(1, 1)));
        long began = Stopwatch.GetTimestamp();
        int calls = proxy.Accepted;
        await Until.HoldsAsync(() => proxy.Accepted >= calls + 6);
        Assert.True(Stopwatch.GetElapsedTime(began) > Backoff.First * 15, "six calls");
    }

    [Fact]
    public void The_time_between_two_calls_grows_up_to_a_limit_and_begins_anew_once_it_was_reached()
    {
        Backoff backoff = new();
        TimeSpan expected = Backoff.First;
        for (int call = 0; call < 40; call++)
        {
            TimeSpan wait = backoff.Next();
            Assert.InRange(wait, expected, expected + Backoff.Jitter);
            expected = expected * 2 < Backoff.Longest ? expected * 2 : Backoff.Longest;
        }

        Assert.Equal(Backoff.Longest, expected);
        backoff.Reset();
        Assert.InRange(backoff.Next(), Backoff.First, Backoff.First + Backoff.Jitter);
    }

    /// <summary>It is there, as far as a connection tells, and says nothing.</summary>
    [TheoryWithPostgres]
    [InlineData("")]
    [InlineData(";Timeout=0;Command Timeout=0")]
    public async Task A_server_that_never_answers_is_given_up_whatever_the_connection_string_says(string more)
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        string text = PostgresServer.ConnectionString(schema.Name, (IPEndPoint)silent.LocalEndpoint) + more;
        Task opening = Task.Run(() => PostgresDatabase.OpenAsync(new PostgresOptions { ConnectionString = text }));
        DatabaseException refusal = await Assert.ThrowsAsync<DatabaseException>(() => opening.WaitAsync(Until.Patience));
        Assert.Contains("Store:ConnectionString", refusal.Message);
    }

    private PostgresOptions Through(CuttingProxy proxy, string more = "") =>
        schema.Options with { ConnectionString = PostgresServer.ConnectionString(schema.Name, proxy.EndPoint) + more };

    // Those of this schema's nodes; the tests' own are the administrator's.
    private Task EndConnectionsAsync() => schema.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{PostgresServer.Role}'");
}
