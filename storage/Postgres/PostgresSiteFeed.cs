using CaptchaCluster.Redemption;
using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Brings to this node what other nodes changed: at once, as the database calls out, and, should a call be lost, within half a
/// second. Nothing that must not fail leans on it; it is what makes policy changes arrive and spares the ledger retired secrets.
/// </summary>
public sealed class PostgresSiteFeed : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly PostgresDatabase database;
    private readonly Func<Task> look;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task following;

    private PostgresSiteFeed(PostgresDatabase database, Func<Task> look)
    {
        (this.database, this.look) = (database, look);
        following = Task.Run(FollowAsync);
    }

    /// <summary>Returns once it has looked for the first time.</summary>
    /// <param name="database">Outlives the feed.</param>
    /// <param name="look">Looks for what changed. May throw <see cref="UnknownOutcomeException"/>; it is called again soon.</param>
    /// <exception cref="DatabaseException">The sites cannot be read; the message says why.</exception>
    public static async Task<PostgresSiteFeed> StartAsync(PostgresDatabase database, Func<Task> look)
    {
        try
        {
            await look();
            return new PostgresSiteFeed(database, look);
        }
        catch (UnknownOutcomeException exception)
        {
            throw new DatabaseException(exception.Message, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // Whatever it was, it is tried again. The ledger tells that the database is out of reach; nothing is granted meanwhile, whatever is known here.
                await Task.Delay(PollInterval, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync()
    {
        await using NpgsqlConnection connection = await database.OpenAsync(stopping.Token);
        await using NpgsqlCommand listen = new($"LISTEN {PostgresSiteStore.Channel(database.Schema)}", connection);
        await listen.ExecuteNonQueryAsync(stopping.Token);
        while (true)
        {
            await look();
            await connection.WaitAsync(PollInterval, stopping.Token);
        }
    }
}
