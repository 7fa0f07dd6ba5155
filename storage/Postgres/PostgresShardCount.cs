using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>Into how many shards the cluster over a ledger cuts the tokens: set by the silo that is the first to start, and the same for all.</summary>
public static class PostgresShardCount
{
    /// <summary>The count that holds, which is <paramref name="wanted"/> where there was none.</summary>
    /// <exception cref="DatabaseException">It could not be read or written.</exception>
    public static async Task<int> ClaimAsync(PostgresDatabase database, int wanted)
    {
        // Two statements: where another claims at the same moment, the second sees what he wrote.
        const string text = """
            INSERT INTO cluster (shards) VALUES ($1) ON CONFLICT (one) DO NOTHING
            """;
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None);
            await using NpgsqlCommand claim = new(text, connection);
            claim.Parameters.Add(new NpgsqlParameter<int> { TypedValue = wanted });
            await claim.ExecuteNonQueryAsync();
            await using NpgsqlCommand read = new("SELECT shards FROM cluster", connection);
            return (int)(await read.ExecuteScalarAsync())!;
        }
        catch (Exception exception) when (exception is not DatabaseException && DatabaseFailure.Is(exception))
        {
            throw new DatabaseException($"The count of shards in the database cannot be used: {exception.Message}", exception);
        }
    }
}
