using System.Net.Sockets;
using CaptchaCluster.Storage.Postgres;
using Npgsql;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>Makes and migrates what Orleans' ADO.NET clustering needs in a PostgreSQL database.</summary>
internal static class OrleansMembershipSchema
{
    /// <summary>As the provider knows the database driver.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>To be called before a silo, or a client of silos, starts.</summary>
    /// <param name="connectionString">As Npgsql reads it. Its "Search Path" names the schema; without one that is <see cref="PostgresOptions.DefaultSchema"/>.</param>
    /// <param name="setting">Where the operator wrote it, for messages.</param>
    /// <returns>What the provider is to connect with: to the schema, and with the settings that the statements rely on. Holds the password.</returns>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<string> EnsureAsync(string connectionString, string setting = "Cluster:ConnectionString")
    {
        PostgresAddress address = new(connectionString, setting);
        NpgsqlConnectionStringBuilder builder = address.Builder;
        builder.ApplicationName ??= "captchacluster membership";
        builder.MaxPoolSize = Math.Min(builder.MaxPoolSize, 5);
        builder.MinPoolSize = Math.Min(builder.MinPoolSize, builder.MaxPoolSize);
        address.SetPatience(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3));
        try
        {
            await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(builder.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync();
            await address.VerifyAsync(connection);
            await new SchemaMigrations(address, "orleans_schema_version", OrleansMembershipTables.Migrations).EnsureAsync(connection);
            return builder.ConnectionString;
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            throw new DatabaseException($"The database of {setting} cannot be used: {exception.Message}", exception);
        }
    }
}
