using System.Text.Json;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.Postgres;
using CaptchaCluster.Tests.Postgres.Server;

namespace CaptchaCluster.Tests.Postgres.Admin;

/// <summary>What administrators did, at whichever of several nodes.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresAuditLogTests(PostgresFixture server) : IAsyncLifetime
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
    public async Task Entries_of_all_nodes_are_numbered_without_a_gap_and_read_at_any()
    {
        PostgresAuditLog[] nodes = [await OpenAsync("a:1"), await OpenAsync("b:2"), await OpenAsync("c:3")];
        AuditPage none = await nodes[0].ReadAsync(null, 10);
        Assert.Equal((0, 1L, 0L), (none.Entries.Count, none.First, none.Last));

        long[] given = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(() => nodes[i % 3].AppendAsync(Entry($"{i}")))));
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (long)i), given.Order());
        AuditPage page = await nodes[1].ReadAsync(0, 1000);
        Assert.Equal((1L, 30L), (page.First, page.Last));
        for (int i = 0; i < 30; i++)
        {
            using JsonDocument entry = JsonDocument.Parse(page.Entries[i]);
            Assert.Equal(i + 1, entry.RootElement.GetProperty("seq").GetInt64());
            int caller = Array.IndexOf(given, i + 1);
            Assert.Equal($"{caller}", entry.RootElement.GetProperty("target").GetString());
            Assert.Equal(new[] { "a:1", "b:2", "c:3" }[caller % 3], entry.RootElement.GetProperty("node").GetString());
        }

        Assert.Equal([29, 30], Numbers(await nodes[2].ReadAsync(null, 2)));
        Assert.Equal([4, 5, 6], Numbers(await nodes[2].ReadAsync(3, 3)));
        Assert.Empty((await nodes[2].ReadAsync(30, 3)).Entries);
    }

    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task The_oldest_entries_are_dropped()
    {
        PostgresAuditLog log = await OpenAsync("a:1", kept: 5);
        for (int i = 0; i < 12; i++) await log.AppendAsync(Entry("x"));
        AuditPage page = await log.ReadAsync(0, 1000);
        Assert.Equal([8, 9, 10, 11, 12], Numbers(page));
        Assert.Equal((8L, 12L), (page.First, page.Last));
    }

    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task What_cannot_be_written_is_told_and_leaves_no_gap()
    {
        PostgresAuditLog log = await OpenAsync("a:1");
        await log.AppendAsync(Entry("first"));
        await schema.ExecuteAsync("ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (seq < 2)");
        await Assert.ThrowsAsync<IOException>(() => log.AppendAsync(Entry("refused")));
        Assert.True(log.IsFailing);
        await schema.ExecuteAsync("ALTER TABLE audit DROP CONSTRAINT full_disk");
        Assert.Equal(2, await log.AppendAsync(Entry("second")));
        Assert.False(log.IsFailing);
        await schema.ExecuteAsync("ALTER TABLE audit RENAME TO audit_away");
        await Assert.ThrowsAsync<IOException>(() => log.ReadAsync(0, 10).AsTask());
    }

    private async Task<PostgresAuditLog> OpenAsync(string node, int kept = PostgresAuditLog.DefaultKept)
    {
        PostgresDatabase database = await PostgresDatabase.OpenAsync(schema.Options);
        databases.Add(database);
        return new PostgresAuditLog(database, node, kept);
    }

    private static AuditEntry Entry(string target) => new() { Time = TestSchema.Start, Action = "site.create", Target = target };

    private static IEnumerable<long> Numbers(AuditPage page) => page.Entries.Select(entry =>
    {
        using JsonDocument json = JsonDocument.Parse(entry);
        return json.RootElement.GetProperty("seq").GetInt64();
    });
}
