using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Management;
using Npgsql;
using NpgsqlTypes;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Management tokens of all nodes that share a database. Read for every call that presents one: few do, and a token that was
/// revoked anywhere is refused everywhere from then on.
/// </summary>
public sealed class PostgresManagementTokens : IManagementTokenStore
{
    private readonly PostgresDatabase database;

    private PostgresManagementTokens(PostgresDatabase database) => this.database = database;

    /// <exception cref="DatabaseException">The database cannot be used.</exception>
    public static async Task<PostgresManagementTokens> OpenAsync(PostgresDatabase database)
    {
        PostgresManagementTokens tokens = new(database);
        try
        {
            if (database.Options.Restored) await tokens.ExecuteAsync("DELETE FROM management_token");
            return tokens;
        }
        catch (UnknownOutcomeException exception)
        {
            throw new DatabaseException(exception.Message, exception);
        }
    }

    public async ValueTask<IReadOnlyList<ManagementToken>> ReadAsync()
    {
        List<ManagementToken> tokens = [];
        await UseAsync(async connection =>
        {
            await using NpgsqlCommand command = new("SELECT id, name, created_at, sha256 FROM management_token ORDER BY created_at, id", connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                tokens.Add(new ManagementToken(reader.GetString(0), reader.GetString(1), new UnixSeconds(reader.GetInt64(2)), [.. reader.GetFieldValue<byte[]>(3)]));
            return tokens.Count;
        });
        return tokens;
    }

    public async ValueTask<bool> TryAddAsync(ManagementToken token, int maxCount)
    {
        const string text = """
            WITH taken AS (SELECT count(*) AS n FROM management_token)
            INSERT INTO management_token (id, name, created_at, sha256) SELECT $1, $2, $3, $4 FROM taken WHERE n < $5
            """;
        return await UseAsync(async connection =>
        {
            // Or two nodes could both find the last place.
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            await using (NpgsqlCommand exclude = new("LOCK TABLE management_token IN SHARE ROW EXCLUSIVE MODE", connection)) await exclude.ExecuteNonQueryAsync();
            await using NpgsqlCommand command = new(text, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = token.Id });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = token.Name });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = token.CreatedAt.Value });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = [.. token.Hash], NpgsqlDbType = NpgsqlDbType.Bytea });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = maxCount });
            int added = await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
            return added;
        }) == 1;
    }

    public async ValueTask<bool> RemoveAsync(string id) =>
        await ExecuteAsync("DELETE FROM management_token WHERE id = $1", new NpgsqlParameter<string> { TypedValue = id }) == 1;

    private Task<int> ExecuteAsync(string text, params NpgsqlParameter[] parameters) => UseAsync(async connection =>
    {
        await using NpgsqlCommand command = new(text, connection);
        foreach (NpgsqlParameter parameter in parameters) command.Parameters.Add(parameter);
        return await command.ExecuteNonQueryAsync();
    });

    private async Task<int> UseAsync(Func<NpgsqlConnection, Task<int>> use)
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenForAdministrationAsync();
            CommitWarning warning = new(connection);
            int rows = await use(connection);
            warning.ThrowIfHeard();
            return rows;
        }
        catch (Exception exception) when (DatabaseFailure.Is(exception))
        {
            throw new UnknownOutcomeException($"The management tokens in the database cannot be used: {exception.Message}", exception);
        }
    }
}
