using System.Buffers;
using System.Text;
using CaptchaCluster.Storage.Audit;
using Npgsql;
using NpgsqlTypes;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// The audit log of all nodes that share a database: whichever is asked tells what was done at any of them. Numbers are taken
/// under the lock of one row, so that entries become visible in their order; those of a sequence would not.
/// </summary>
/// <param name="database">Open.</param>
/// <param name="node">What this node is called in its entries; one that names its node was brought from there.</param>
/// <param name="kept">Entries that are kept; older ones are dropped.</param>
public sealed class PostgresAuditLog(PostgresDatabase database, string node, int kept = PostgresAuditLog.DefaultKept) : IAuditLog
{
    /// <summary>Some 128 MiB, as much as a single node keeps in files.</summary>
    public const int DefaultKept = 500_000;

    private volatile bool isFailing;

    public bool IsFailing => isFailing;

    public async Task<long> AppendAsync(AuditEntry entry)
    {
        try
        {
            long sequence = await WriteAsync(entry.Node is null ? entry with { Node = node } : entry);
            isFailing = false;
            return sequence;
        }
        catch (Exception exception) when (DatabaseFailure.Is(exception))
        {
            isFailing = true;
            throw new IOException($"The audit log in the database cannot be written: {exception.Message}", exception);
        }
    }

    public async ValueTask<AuditPage> ReadAsync(long? after, int limit)
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenForAdministrationAsync();
            await using NpgsqlCommand command = new(
                """
                SELECT p.latest, (SELECT min(seq) FROM audit), a.entry
                FROM audit_position p
                LEFT JOIN LATERAL (
                    SELECT seq, entry FROM audit WHERE seq > coalesce($1, p.latest - $2) ORDER BY seq LIMIT $2) a ON true
                ORDER BY a.seq
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter { Value = after ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            List<ReadOnlyMemory<byte>> entries = [];
            long first = 1, last = 0;
            while (await reader.ReadAsync())
            {
                last = reader.GetInt64(0);
                first = reader.IsDBNull(1) ? last + 1 : reader.GetInt64(1);
                if (!reader.IsDBNull(2)) entries.Add(Encoding.UTF8.GetBytes(reader.GetString(2)));
            }

            return new AuditPage(entries, first, last);
        }
        catch (Exception exception) when (DatabaseFailure.Is(exception))
        {
            throw new IOException($"The audit log in the database cannot be read: {exception.Message}", exception);
        }
    }

    private async Task<long> WriteAsync(AuditEntry entry)
    {
        // Not cancellable: what is told before the deed must not hang on whether somebody waits for the reply.
        await using NpgsqlConnection connection = await database.OpenForAdministrationAsync();
        CommitWarning warning = new(connection);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand number = new("UPDATE audit_position SET latest = latest + 1 RETURNING latest", connection);
        long sequence = (long)(await number.ExecuteScalarAsync())!;
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("INSERT INTO audit (seq, entry) VALUES ($1, $2)")
                {
                    Parameters =
                    {
                        new NpgsqlParameter<long> { TypedValue = sequence },
                        new NpgsqlParameter<string> { TypedValue = TextOf(entry, sequence), NpgsqlDbType = NpgsqlDbType.Json },
                    },
                },
                new NpgsqlBatchCommand("DELETE FROM audit WHERE seq <= $1") { Parameters = { new NpgsqlParameter<long> { TypedValue = sequence - kept } } },
            },
        };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        warning.ThrowIfHeard();
        return sequence;
    }

    private static string TextOf(AuditEntry entry, long sequence)
    {
        ArrayBufferWriter<byte> line = new();
        entry.WriteTo(line, sequence);
        return Encoding.UTF8.GetString(line.WrittenSpan).TrimEnd();
    }
}
