using Npgsql;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// Hears what a server says beside "committed". As after a wait for a synchronous standby that was cancelled: it is committed
/// there, and perhaps nowhere else (I2).
/// </summary>
internal sealed class CommitWarning
{
    private string? text;

    /// <param name="connection">Listened to as long as it lives.</param>
    public CommitWarning(NpgsqlConnection connection) => connection.Notice += (_, arguments) => text = arguments.Notice.MessageText;

    /// <summary>To be called before a transaction begins.</summary>
    public void Forget() => text = null;

    /// <summary>To be called after the server has said that it is over.</summary>
    /// <exception cref="UnconfirmedCommitException">Something was said.</exception>
    public void ThrowIfHeard()
    {
        if (text is not null) throw new UnconfirmedCommitException(text);
    }
}

/// <summary>Committed, and not as durable as was asked for.</summary>
internal sealed class UnconfirmedCommitException(string message) : Exception(message);
