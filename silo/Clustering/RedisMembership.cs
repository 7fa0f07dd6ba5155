using CaptchaCluster.Storage.Postgres;
using StackExchange.Redis;

namespace CaptchaCluster.Silo.Clustering;

/// <summary>Looks whether the Redis that is to hold who is in the cluster can be used, so that what is wrong is told before anything starts.</summary>
internal static class RedisMembership
{
    private const string Setting = "Cluster:ConnectionString";

    /// <param name="connectionString">As StackExchange.Redis reads it. Holds the password.</param>
    /// <exception cref="DatabaseException">It cannot be used; the message says why.</exception>
    public static async Task<ConfigurationOptions> EnsureAsync(string connectionString)
    {
        ConfigurationOptions options = Parse(connectionString);
        try
        {
            await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(options);
            await redis.GetDatabase().PingAsync();
            return options;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            throw new DatabaseException($"The Redis of {Setting} cannot be used: {exception.Message}", exception);
        }
    }

    private static ConfigurationOptions Parse(string text)
    {
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(text);
            return options.EndPoints.Count > 0 ? options : throw new DatabaseException($"{Setting} names no host.");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // Without its text: it holds a password.
            throw new DatabaseException($"{Setting} cannot be read; with Cluster:Clustering=redis it is of the form host:port,password=… (see StackExchange.Redis).", exception);
        }
    }
}
