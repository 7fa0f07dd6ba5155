using System.Data;
using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;
using Npgsql;
using NpgsqlTypes;

namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// One connection with the ledger's statements prepared. Blocks its caller, who is the thread in the lead of a shard and has
/// nothing else to do. After any exception but a <see cref="PostgresException"/> of severity ERROR it is to be disposed, and at
/// any time where it is not <see cref="IsOpen"/>.
/// </summary>
internal sealed class LedgerSession : IDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly List<Guid> ids = [];
    private readonly List<long> expiries = [];
    private readonly List<Guid> sites = [];
    private readonly List<int> generations = [];
    private readonly List<Guid> attempts = [];
    private readonly List<Guid?> askers = [];
    private readonly List<int?> askerGenerations = [];
    private readonly NpgsqlParameter<long> floor = new();
    private readonly NpgsqlCommand insert;
    private readonly NpgsqlCommand classify;
    private readonly NpgsqlCommand peek;
    private readonly CommitWarning warning;

    private LedgerSession(NpgsqlConnection connection)
    {
        this.connection = connection;
        warning = new CommitWarning(connection);
        insert = Prepare(RedemptionStatements.Insert, 5);
        insert.Parameters.Add(floor);
        classify = Prepare(RedemptionStatements.Classify, 5);
        peek = Prepare(RedemptionStatements.Peek, 2);
        peek.Parameters.Add(new NpgsqlParameter<List<Guid?>> { TypedValue = askers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        peek.Parameters.Add(new NpgsqlParameter<List<int?>> { TypedValue = askerGenerations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
    }

    public static LedgerSession Open(PostgresDatabase database)
    {
        LedgerSession session = new(database.Open());
        try
        {
            session.insert.Prepare();
            session.classify.Prepare();
            session.peek.Prepare();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public bool IsOpen => connection.State == ConnectionState.Open;

    /// <summary>
    /// Records what may be recorded. What is handed to <paramref name="recorded"/> is durable: that is done only when the
    /// server has said that the transaction is over, which comes after its rows.
    /// </summary>
    public void Insert(IEnumerable<RedemptionRequest> items, UnixSeconds issuedFloor, Action<TokenId, UnixSeconds> recorded)
    {
        Fill(items);
        floor.TypedValue = issuedFloor.Value;
        warning.Forget();
        List<(TokenId Token, UnixSeconds At)> rows = new(ids.Count);
        using (NpgsqlDataReader reader = insert.ExecuteReader())
        {
            while (reader.Read()) rows.Add((TokenOf(reader.GetGuid(0)), new UnixSeconds(reader.GetInt64(1))));

            // An error of the commit comes here, after the rows; closing the reader would pass over a time-out.
            while (reader.NextResult())
            {
            }
        }

        warning.ThrowIfHeard();
        foreach ((TokenId token, UnixSeconds at) in rows) recorded(token, at);
    }

    /// <summary>What stands against each item, as of a moment after the call began; as durable as what <see cref="Insert"/> records.</summary>
    public List<Finding> Classify(IEnumerable<RedemptionRequest> items)
    {
        Fill(items);
        warning.Forget();
        Finding[] findings = new Finding[ids.Count];
        using NpgsqlDataReader reader = classify.ExecuteReader();
        while (reader.Read())
        {
            findings[reader.GetInt64(0) - 1] = new Finding(
                reader.GetBoolean(1),
                reader.GetBoolean(2),
                new UnixSeconds(reader.GetInt64(3)),
                reader.IsDBNull(4) ? null : (AttemptOf(reader.GetGuid(4)), new UnixSeconds(reader.GetInt64(5))));
        }

        while (reader.NextResult())
        {
        }

        warning.ThrowIfHeard();
        return [.. findings];
    }

    /// <summary>Returns the floor, as of the look.</summary>
    public UnixSeconds Peek(ReadOnlySpan<PeekRequest> tokens, Span<PeekOutcome> outcomes)
    {
        UnixSeconds issuedFloor = default;
        ids.Clear();
        expiries.Clear();
        askers.Clear();
        askerGenerations.Clear();
        foreach (PeekRequest token in tokens)
        {
            askers.Add(token.Asker is { } asker ? PostgresId.Of(asker.Site) : null);
            askerGenerations.Add(token.Asker?.Generation.Value);
            ids.Add(GuidOf(token.Token));
            expiries.Add(token.ExpiresAt.Value);
        }

        using NpgsqlDataReader reader = peek.ExecuteReader();
        while (reader.Read())
        {
            issuedFloor = new UnixSeconds(reader.GetInt64(4));
            outcomes[(int)reader.GetInt64(0) - 1] = (IsAccepted: reader.GetBoolean(3), IsRedeemed: !reader.IsDBNull(2)) switch
            {
                { IsAccepted: false } => new PeekOutcome(PeekStatus.Retired),
                { IsRedeemed: true } => new PeekOutcome(PeekStatus.Redeemed, new UnixSeconds(reader.GetInt64(2))),
                _ => new PeekOutcome(reader.GetBoolean(1) ? PeekStatus.Expired : PeekStatus.Unspent),
            };
        }

        while (reader.NextResult())
        {
        }

        return issuedFloor;
    }

    public void Dispose()
    {
        insert.Dispose();
        classify.Dispose();
        peek.Dispose();
        connection.Dispose();
    }

    private NpgsqlCommand Prepare(string text, int columns)
    {
        NpgsqlCommand command = new(text, connection);
        NpgsqlParameter[] all =
        [
            new NpgsqlParameter<List<Guid>> { TypedValue = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            new NpgsqlParameter<List<long>> { TypedValue = expiries, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            new NpgsqlParameter<List<Guid>> { TypedValue = sites, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
            new NpgsqlParameter<List<int>> { TypedValue = generations, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
            new NpgsqlParameter<List<Guid>> { TypedValue = attempts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
        ];
        command.Parameters.AddRange(all[..columns]);
        return command;
    }

    private void Fill(IEnumerable<RedemptionRequest> items)
    {
        ids.Clear();
        expiries.Clear();
        sites.Clear();
        generations.Clear();
        attempts.Clear();
        foreach (RedemptionRequest item in items)
        {
            ids.Add(GuidOf(item.Token));
            expiries.Add(item.ExpiresAt.Value);
            sites.Add(PostgresId.Of(item.Site));
            generations.Add(item.Generation.Value);
            attempts.Add(PostgresId.Of(item.Attempt));
        }
    }

    private static Guid GuidOf(TokenId token) => PostgresId.Of(token.High, token.Low);

    private static TokenId TokenOf(Guid id)
    {
        (ulong high, ulong low) = PostgresId.Split(id);
        return new TokenId(high, low);
    }

    private static AttemptKey AttemptOf(Guid id)
    {
        (ulong high, ulong low) = PostgresId.Split(id);
        return new AttemptKey(high, low);
    }
}

/// <param name="IsAccepted">The site is active and the generation valid.</param>
/// <param name="IsExpired">By the database's clock or the horizon.</param>
/// <param name="IssuedFloor">As it is now.</param>
/// <param name="Redemption">The one that is durable, if any.</param>
internal readonly record struct Finding(
    bool IsAccepted, bool IsExpired, UnixSeconds IssuedFloor, (AttemptKey Attempt, UnixSeconds At)? Redemption);
