namespace CaptchaCluster.Storage.Postgres;

/// <summary>
/// The statements of the ledger. Each is a transaction of its own at READ COMMITTED, so its snapshot begins when it arrives:
/// what it says of a site was so after whoever asks had asked (I8). No row of a site is locked, which would hold up its rotation.
/// Look-ups are lateral with a limit: whatever the planner believes of empty partitions, each is one descent of one index.
/// </summary>
internal static class RedemptionStatements
{
    // -2147483648 is Generation.NoSecret: it is asked only whether the site is active.

    // By its index ("one"), as scans are off: the price of one that is used in spite of that hides all other differences from the planner.
    /// <summary>Ids, expiries, sites, generations, attempts; then the floor by which the batch was judged.</summary>
    private const string Batch = """
        WITH c AS MATERIALIZED (SELECT horizon, issued_floor, attached, ledger_clock() AS now FROM ledger WHERE one)
        """;

    /// <summary>
    /// Records what may be recorded, and returns those ids. In the order of the ids: two batches that insert the same ids in
    /// different orders would wait for each other.
    /// </summary>
    public const string Insert = $"""
        {Batch}
        INSERT INTO redemption (id, exp, site, attempt, at)
        SELECT r.id, r.exp, r.site, r.attempt, c.now
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::integer[], $5::uuid[]) AS r (id, exp, site, gen, attempt)
        CROSS JOIN c
        CROSS JOIN LATERAL (SELECT active, gen, prev_gen, prev_until FROM site WHERE site.id = r.site LIMIT 1) AS s
        WHERE r.exp > c.horizon AND r.exp > c.now AND r.exp < c.attached AND c.issued_floor <= $6
          AND s.active AND (r.gen IN (s.gen, -2147483648) OR (r.gen = s.prev_gen AND c.now < s.prev_until))
        ORDER BY r.id
        ON CONFLICT (id, exp) DO NOTHING
        RETURNING id, at
        """;

    /// <summary>
    /// Says of each item why it was not recorded. A statement after the first: within it, what another had just recorded would
    /// not be seen. What it finds may be a redemption whose wait for a synchronous standby was cancelled: where there are such
    /// standbys, it writes a message of its own, whose confirmation is also that of all that was written before.
    /// </summary>
    public const string Classify = $"""
        {Batch}
        SELECT r.n,
               coalesce(s.active AND (r.gen IN (s.gen, -2147483648) OR (r.gen = s.prev_gen AND c.now < s.prev_until)), false) AS accepted,
               r.exp <= c.horizon OR r.exp <= c.now AS expired,
               c.issued_floor,
               d.attempt,
               d.at,
               CASE WHEN d.attempt IS NOT NULL AND current_setting('synchronous_standby_names') <> ''
                    THEN pg_logical_emit_message(true, 'captchacluster', '') END
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::integer[], $5::uuid[]) WITH ORDINALITY AS r (id, exp, site, gen, attempt, n)
        CROSS JOIN c
        LEFT JOIN LATERAL (SELECT active, gen, prev_gen, prev_until FROM site WHERE site.id = r.site LIMIT 1) AS s ON true
        LEFT JOIN LATERAL (SELECT attempt, at FROM redemption WHERE redemption.id = r.id AND redemption.exp = r.exp AND r.exp > c.horizon LIMIT 1) AS d ON true
        """;

    /// <summary>Ids, expiries, and of each the site and the generation that must be valid for an answer; null where none must be. The floor comes with every row.</summary>
    public const string Peek = $"""
        {Batch}
        SELECT r.n,
               r.exp <= c.horizon OR r.exp <= c.now AS expired,
               d.at,
               r.site IS NULL OR coalesce(s.active AND (r.gen IN (s.gen, -2147483648) OR (r.gen = s.prev_gen AND c.now < s.prev_until)), false) AS accepted,
               c.issued_floor
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::integer[]) WITH ORDINALITY AS r (id, exp, site, gen, n)
        CROSS JOIN c
        LEFT JOIN LATERAL (SELECT active, gen, prev_gen, prev_until FROM site WHERE site.id = r.site LIMIT 1) AS s ON true
        LEFT JOIN LATERAL (SELECT at FROM redemption WHERE redemption.id = r.id AND redemption.exp = r.exp AND r.exp > c.horizon LIMIT 1) AS d ON true
        """;
}
