using System.Text.Json;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using Npgsql;
using NpgsqlTypes;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Sites in the database that their redemptions are in: a change is decided and made under the lock of its row, so of any
/// number of processes, and the ledger's statements obey it from the moment it is committed (I8).
/// </summary>
public sealed class PostgresSiteStore(PostgresDatabase database) : ISiteStore, ISiteSource
{
    internal static string Channel(string schema) => $"captchacluster_sites_{schema}";

    public async ValueTask<Site?> UpdateAsync(SiteKey key, Func<Site?, Site?> change)
    {
        try
        {
            // Not cancellable: an administrator who hangs up must not leave a rotation half done.
            await using NpgsqlConnection connection = await database.OpenForAdministrationAsync();
            CommitWarning warning = new(connection);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            Site? known = (await ReadAsync(connection, "WHERE id = $1 FOR UPDATE", Of(key))).FirstOrDefault();
            if (change(known) is not { } changed) return null;
            bool isChange = !ReferenceEquals(changed, known);
            Site site = isChange ? changed with { Version = await NextVersionAsync(connection) } : changed;
            if (isChange) await SaveAsync(connection, site);

            // Also where nothing is changed: the lock of the row is written, and what it confirms is confirmed of the row too.
            await transaction.CommitAsync();
            warning.ThrowIfHeard();
            return site;
        }
        catch (Exception exception) when (DatabaseFailure.Is(exception))
        {
            throw new UnknownOutcomeException($"The database did not confirm the change of a site: {exception.Message}", exception);
        }
    }

    public ValueTask<IReadOnlyList<Site>> ReadAsync(IReadOnlyCollection<SiteKey> keys) => ReadAsync(
        "WHERE id = ANY($1)",
        new NpgsqlParameter<Guid[]> { TypedValue = [.. keys.Select(PostgresId.Of)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });

    public async ValueTask<SitePage> ReadAfterAsync(long version)
    {
        IReadOnlyList<Site> sites = await ReadAsync(
            "WHERE version > $1 ORDER BY version LIMIT $2",
            new NpgsqlParameter<long> { TypedValue = version },
            new NpgsqlParameter<long> { TypedValue = SitePage.MaxSites }).ConfigureAwait(false);
        return new SitePage(sites, IsLast: sites.Count < SitePage.MaxSites);
    }

    /// <summary>Of the site that was changed last; 0 where there never was one.</summary>
    /// <exception cref="UnknownOutcomeException">It could not be read.</exception>
    public ValueTask<long> ReadLatestVersionAsync() => UseAsync(async connection =>
    {
        await using NpgsqlCommand command = new("SELECT latest FROM site_version", connection);
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    });

    private static async Task<IReadOnlyList<Site>> ReadAsync(NpgsqlConnection connection, string where, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlCommand command = new($"SELECT id, document FROM site {where}", connection);
        foreach (NpgsqlParameter parameter in parameters) command.Parameters.Add(parameter);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        List<Site> sites = [];
        while (await reader.ReadAsync().ConfigureAwait(false)) sites.Add(Parse(reader.GetGuid(0), reader.GetString(1)));
        return sites;
    }

    private ValueTask<IReadOnlyList<Site>> ReadAsync(string where, params NpgsqlParameter[] parameters) =>
        UseAsync(connection => ReadAsync(connection, where, parameters));

    private async ValueTask<TResult> UseAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> read)
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            return await read(connection).ConfigureAwait(false);
        }
        catch (Exception exception) when (DatabaseFailure.Is(exception))
        {
            throw new UnknownOutcomeException($"The sites could not be read: {exception.Message}", exception);
        }
    }

    // Whoever has the row has it until he commits: versions become visible in their order, and who reads those above the
    // highest he has seen misses none.
    private static async Task<long> NextVersionAsync(NpgsqlConnection connection)
    {
        await using NpgsqlCommand command = new("UPDATE site_version SET latest = latest + 1 RETURNING latest", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task SaveAsync(NpgsqlConnection connection, Site site)
    {
        const string text = """
            INSERT INTO site (id, version, active, gen, prev_gen, prev_until, document) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET version = $2, active = $3, gen = $4, prev_gen = $5, prev_until = $6, document = $7
            """;
        await using NpgsqlCommand command = new(text, connection);
        command.Parameters.Add(Of(site.Key));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = site.Version });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = site.IsActive });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = site.Generation.Value });
        command.Parameters.Add(new NpgsqlParameter { Value = site.Previous is { } previous ? previous.Generation.Value : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new NpgsqlParameter { Value = site.Previous is { } old ? old.ValidUntil.Value : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter<string>
        {
            TypedValue = JsonSerializer.Serialize(SiteDocument.Of(site), SiteDocumentContext.Default.SiteDocument),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        await command.ExecuteNonQueryAsync();
        await using NpgsqlCommand notify = new("SELECT pg_notify($1, '')", connection);
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel(database.Schema) });
        await notify.ExecuteNonQueryAsync();
    }

    private static NpgsqlParameter<Guid> Of(SiteKey key) => new() { TypedValue = PostgresId.Of(key) };

    private static Site Parse(Guid id, string json)
    {
        try
        {
            SiteDocument document = JsonSerializer.Deserialize(json, SiteDocumentContext.Default.SiteDocument) ?? throw new FormatException("it is null");
            Site site = document.ToSite();
            return PostgresId.Of(site.Key) == id ? site : throw new FormatException("its sitekey is not its row's");
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new DatabaseException($"The site '{id}' in the database cannot be read: {exception.Message} Mend its document, or bring the database back from a backup.", exception);
        }
    }
}
