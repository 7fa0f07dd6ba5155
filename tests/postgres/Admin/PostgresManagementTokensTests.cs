using System.Security.Cryptography;
using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Management;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Admin;

/// <summary>Management tokens that several nodes share.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresManagementTokensTests(PostgresFixture server) : IAsyncLifetime
{
    private readonly List<PostgresDatabase> databases = [];
    private TestSchema schema = null!;

    public async Task InitializeAsync() => schema = await TestSchema.CreateAsync(server);

    public async Task DisposeAsync()
    {
        foreach (PostgresDatabase database in databases) await database.DisposeAsync();
        await schema.DisposeAsync();
    }

    [FactWithPostgres]
    public async Task What_one_node_adds_or_removes_every_node_sees_at_once()
    {
        PostgresManagementTokens one = await OpenAsync(), other = await OpenAsync();
        ManagementToken first = Token(1), second = Token(2);
        Assert.True(await one.TryAddAsync(first, 10));
        Assert.True(await other.TryAddAsync(second, 10));
        foreach (PostgresManagementTokens node in new[] { one, other })
        {
            IReadOnlyList<ManagementToken> all = await node.ReadAsync();
            Assert.Equal([(first.Id, first.Name, first.CreatedAt), (second.Id, second.Name, second.CreatedAt)], all.Select(token => (token.Id, token.Name, token.CreatedAt)));
            Assert.Equal(first.Hash.AsEnumerable(), all[0].Hash);
        }

        Assert.True(await other.RemoveAsync(first.Id));
        Assert.Equal([second.Id], (await one.ReadAsync()).Select(token => token.Id));
        Assert.False(await one.RemoveAsync(first.Id));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task Of_nodes_that_race_for_the_last_places_only_so_many_get_one()
    {
        PostgresManagementTokens[] nodes = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        bool[] added = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => nodes[i % 3].TryAddAsync(Token(i), 7).AsTask())));
        Assert.Equal(7, added.Count(done => done));
        Assert.Equal(7, (await nodes[0].ReadAsync()).Count);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task While_the_last_place_is_being_taken_nobody_else_finds_it()
    {
        PostgresManagementTokens one = await OpenAsync(), other = await OpenAsync();
        Gate gate = new(schema);
        await gate.BeforeCommitsToAsync("management_token", "true");
        await using NpgsqlConnection closed = await gate.CloseAsync();
        Task<bool>[] adding = [Task.Run(() => one.TryAddAsync(Token(1), 1).AsTask()), Task.Run(() => other.TryAddAsync(Token(2), 1).AsTask())];

        // Both stand somewhere: at the gate, or behind the one who does.
        await Until.HoldsAsync(async () => await schema.CountAsync("pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == 2);
        await closed.CloseAsync();
        Assert.Single(await Task.WhenAll(adding), added => added);
        Assert.Single(await one.ReadAsync());
    }

    [FactWithPostgres]
    public async Task A_restored_start_ends_them_all()
    {
        Assert.True(await (await OpenAsync()).TryAddAsync(Token(1), 10));
        Assert.Single(await (await OpenAsync()).ReadAsync());
        Assert.Empty(await (await OpenAsync(restored: true)).ReadAsync());
    }

    [FactWithPostgres]
    [Trait("Invariant", "I5")]
    public async Task What_cannot_be_read_is_not_taken_for_none()
    {
        PostgresManagementTokens tokens = await OpenAsync();
        await schema.ExecuteAsync("ALTER TABLE management_token RENAME TO away");
        await Assert.ThrowsAsync<UnknownOutcomeException>(() => tokens.ReadAsync().AsTask());
    }

    private async Task<PostgresManagementTokens> OpenAsync(bool restored = false)
    {
        PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options with { Restored = restored });
        databases.Add(database);
        return await PostgresManagementTokens.OpenAsync(database);
    }

    private static ManagementToken Token(int i) => new($"token{i:d3}", $"number {i}", TestSchema.Start + i, [.. SHA256.HashData([(byte)i])]);
}
