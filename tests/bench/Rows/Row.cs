using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Bench.Rows;

/// <summary>What is measured beside each other. A closed set, in the order of reports.</summary>
internal enum Row
{
    Bare,
    BareAsGateway,
    Success,
    Duplicate,
    Forged,
    RedisAlways,
    RedisEverySecond,
    ThinRedisAlways,
    ThinRedisEverySecond,

    /// <summary>Measured apart from the others: it is about several gateways.</summary>
    Postgres,

    /// <summary>The way to a silo and back alone. Measured apart, as the next.</summary>
    Hop,

    Cluster,

    /// <summary>One silo, over its embedded ledger. Measured with those before it.</summary>
    SoleSilo,
}

internal static class RowNames
{
    public static IReadOnlyList<Row> All { get; } = [.. Enum.GetValues<Row>().Where(row => row < Row.Postgres)];

    public static bool NeedsRedis(this Row row) => row is >= Row.RedisAlways and <= Row.ThinRedisEverySecond;

    /// <summary>Before Redis there is less than stands before the ledger: for the reader to know, and no target's measure.</summary>
    public static bool IsThin(this Row row) => row is Row.ThinRedisAlways or Row.ThinRedisEverySecond;

    public static bool IsOverPostgres(this Row row) => row is Row.Postgres or Row.Hop or Row.Cluster;

    public static bool HasSilos(this Row row) => row is Row.Hop or Row.Cluster or Row.SoleSilo;

    /// <summary>As the command line and the tables have it.</summary>
    public static string Name(this Row row) => row switch
    {
        Row.Bare => "a",
        Row.BareAsGateway => "a-inline",
        Row.Success => "b",
        Row.Duplicate => "c",
        Row.Forged => "d",
        Row.RedisAlways => "e-always",
        Row.RedisEverySecond => "e-everysec",
        Row.ThinRedisAlways => "e-thin-always",
        Row.ThinRedisEverySecond => "e-thin-everysec",
        Row.Postgres => "p",
        Row.Hop => "h",
        Row.Cluster => "s",
        Row.SoleSilo => "f",
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "not a row"),
    };

    public static string Title(this Row row) => row switch
    {
        Row.Bare => "bare Kestrel: drains the body, answers a constant",
        Row.BareAsGateway => "the same, hosted as the gateway's public listener",
        Row.Success => "`/siteverify`: success, durable",
        Row.Duplicate => "`/siteverify`: duplicate",
        Row.Forged => "`/siteverify`: forged token",
        Row.RedisAlways => "the same front over Redis: success, `SET NX EX`, `appendfsync always`",
        Row.RedisEverySecond => "the same with `appendfsync everysec`: may lose a second",
        Row.ThinRedisAlways => "a front that checks nothing, over Redis: `SET NX EX`, `appendfsync always`",
        Row.ThinRedisEverySecond => "the same with `appendfsync everysec`: may lose a second",
        Row.Postgres => "`/siteverify` over PostgreSQL: success, durable",
        Row.Hop => "`/siteverify` by gateway and silo: duplicate, which the shard answers from memory",
        Row.Cluster => "`/siteverify` by gateway and silos over PostgreSQL: success, durable",
        Row.SoleSilo => "`/siteverify` by gateway and one silo over its embedded ledger: success, durable",
        _ => throw new ArgumentOutOfRangeException(nameof(row), row, "not a row"),
    };

    /// <summary>What is sent, which says what must be answered.</summary>
    public static RequestKind Kind(this Row row) => row switch
    {
        Row.Duplicate or Row.Hop => RequestKind.Duplicate,
        Row.Forged => RequestKind.Forged,
        _ => RequestKind.Fresh,
    };

    /// <exception cref="FormatException">The message says what is allowed.</exception>
    public static Row Parse(string name)
    {
        foreach (Row row in All)
        {
            if (row.Name() == name) return row;
        }

        throw new FormatException($"'{name}' is no row; there are {string.Join(",", All.Select(Name))}.");
    }
}
