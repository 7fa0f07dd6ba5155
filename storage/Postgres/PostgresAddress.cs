using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// One schema of one database, as an operator's setting leads to it, and what sessions there are to be, whatever else he wrote,
/// or what was set for the role or the database.
/// </summary>
internal sealed partial class PostgresAddress
{
    private const int OldestServer = 150_000;

    private readonly string setting;
    private readonly List<(string Name, string Value)> expected = [];

    /// <param name="text">As Npgsql reads it. Its "Search Path" names the schema; without one that is <see cref="PostgresOptions.DefaultSchema"/>.</param>
    /// <param name="setting">Where the operator wrote it, for messages.</param>
    /// <exception cref="DatabaseException">It cannot be used; the message says why, and does not show it.</exception>
    public PostgresAddress(string text, string setting)
    {
        this.setting = setting;
        Builder = Parse(text, setting);
        if (string.IsNullOrEmpty(Builder.Host)) throw new DatabaseException($"{setting} names no Host.");
        if (string.IsNullOrEmpty(Builder.SearchPath)) Builder.SearchPath = PostgresOptions.DefaultSchema;
        if (!SchemaName().IsMatch(Schema))
        {
            throw new DatabaseException(
                $"{setting} names the search path '{Schema}'; allowed is one schema of lower-case letters, digits and '_', at most 40 characters.");
        }

        expected.Add(("search_path", Schema));
        Builder.Enlist = false;
        Builder.Timeout = Builder.Timeout is 0 or > 5 ? 5 : Builder.Timeout; // 0 is forever
        if (Builder.KeepAlive == 0) Builder.KeepAlive = 15;
        if (Builder.Host.Contains(',')) Builder.TargetSessionAttributes ??= "primary";
        Set("synchronous_commit", "on");
        Set("default_transaction_isolation", "read committed");
    }

    public string Schema => Builder.SearchPath!;

    public string Setting => setting;

    public string Role => Builder.Username ?? "captchacluster";

    /// <summary>Holds the password.</summary>
    public NpgsqlConnectionStringBuilder Builder { get; }

    /// <summary>Of every session. As options of its start they win over what is set for the role or the database.</summary>
    public void Set(string name, string value)
    {
        expected.Add((name, value));
        AddOption(name, value);
    }

    /// <summary>After which the server gives up. It does so before the client, and says that nothing was done; a client that gives up knows nothing.</summary>
    public void SetPatience(TimeSpan statement, TimeSpan lockWait)
    {
        AddOption("statement_timeout", Milliseconds(statement));
        AddOption("lock_timeout", Milliseconds(lockWait));
        AddOption("idle_in_transaction_session_timeout", Milliseconds(statement * 2));
        Builder.CommandTimeout = (int)statement.TotalSeconds + 3;
    }

    /// <summary>Refuses a server that is too old or no primary, and sessions that are not as they were asked for.</summary>
    /// <returns>Whether <c>fsync</c> and <c>full_page_writes</c> are on.</returns>
    public async Task<(bool Fsync, bool FullPageWrites)> VerifyAsync(NpgsqlConnection connection, bool isAsync = true)
    {
        const string text = """
            SELECT current_setting('server_version_num')::int, pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
                   (SELECT bool_and(current_setting(e.name) = e.value) FROM unnest($1, $2) e(name, value)),
                   current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on'
            """;
        await using NpgsqlCommand command = new(text, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. expected.Select(setting => setting.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. expected.Select(setting => setting.Value)] });
        await using NpgsqlDataReader reader = isAsync ? await command.ExecuteReaderAsync() : command.ExecuteReader();
        if (isAsync) await reader.ReadAsync();
        else reader.Read();
        string server = $"The server at '{connection.Host}'";
        if (reader.GetInt32(0) < OldestServer)
            throw new DatabaseException($"{server} is PostgreSQL {connection.PostgreSqlVersion}; 15 or newer is needed.");
        if (reader.GetBoolean(1))
            throw new DatabaseException($"{server} is a standby, or read-only; {setting} must lead to the primary.");
        if (!reader.GetBoolean(2))
            throw new DatabaseException($"{server} does not give our sessions the settings they ask for; is a pooler in between that drops them? Connect directly.");
        return (reader.GetBoolean(3), reader.GetBoolean(4));
    }

    private static NpgsqlConnectionStringBuilder Parse(string text, string setting)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // Without its text: it holds a password.
            throw new DatabaseException($"{setting} cannot be read; it is of the form Host=…;Database=…;Username=…;Password=… (see Npgsql).", exception);
        }
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private void AddOption(string name, string value) => Builder.Options = $"{Builder.Options} -c {name}={value.Replace(" ", "\\ ", StringComparison.Ordinal)}".Trim();

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex SchemaName();
}
