namespace CaptchaCluster.Storage.Postgres;

/// <summary>What a schema holds of the ledger, of sites and of their administration.</summary>
internal static class PostgresTables
{
    /// <summary>Each brings them from the version of its index to the next. What was released is never changed.</summary>
    public static IReadOnlyList<string> Migrations { get; } =
    [
        """
        -- The one clock that judges expiry and purge: whole seconds, rounded down.
        CREATE FUNCTION ledger_clock() RETURNS bigint LANGUAGE sql VOLATILE
            AS 'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint';

        -- horizon: tokens that expire at or before it are expired, and their redemptions may be gone.
        -- issued_floor: tokens issued at or before it are refused. attached: partitions reach up to it, exclusive.
        CREATE TABLE ledger (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            horizon bigint NOT NULL DEFAULT 0,
            issued_floor bigint NOT NULL DEFAULT 0,
            attached bigint NOT NULL DEFAULT 0);
        INSERT INTO ledger DEFAULT VALUES;

        -- An id determines its exp, so the key is unique on the id. Ordered by exp first, entries of one time stand together: of
        -- ten million live ones those that are written now share a few pages, instead of a page each.
        CREATE TABLE redemption (
            id uuid NOT NULL,
            exp bigint NOT NULL,
            site uuid NOT NULL,
            attempt uuid NOT NULL,
            at bigint NOT NULL,
            PRIMARY KEY (exp, id)) PARTITION BY RANGE (exp);

        -- Which partitions there are, [lower, upper), named redemption_<lower>.
        CREATE TABLE redemption_partition (
            lower bigint PRIMARY KEY,
            upper bigint NOT NULL UNIQUE CHECK (upper > lower));

        -- What the ledger needs to know of a site stands in columns; all of it in the document.
        CREATE TABLE site (
            id uuid PRIMARY KEY,
            version bigint NOT NULL UNIQUE,
            active boolean NOT NULL,
            gen integer NOT NULL,
            prev_gen integer,
            prev_until bigint,
            document jsonb NOT NULL,
            CHECK ((prev_gen IS NULL) = (prev_until IS NULL)));

        -- Versions are taken under this row's lock, so that they become visible in their order; those of a sequence would not.
        CREATE TABLE site_version (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            latest bigint NOT NULL DEFAULT 0);
        INSERT INTO site_version DEFAULT VALUES;
        """,
        """
        -- json, not jsonb: read by people, in the order in which it was written.
        CREATE TABLE audit (
            seq bigint PRIMARY KEY,
            entry json NOT NULL);
        CREATE TABLE audit_position (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            latest bigint NOT NULL DEFAULT 0);
        INSERT INTO audit_position DEFAULT VALUES;

        CREATE TABLE management_token (
            id text PRIMARY KEY,
            name text NOT NULL,
            created_at bigint NOT NULL,
            sha256 bytea NOT NULL CHECK (length(sha256) = 32));

        -- Into how many shards the cluster over this ledger cuts the tokens; no row: no cluster was ever started over it.
        CREATE TABLE cluster (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            shards integer NOT NULL CHECK (shards > 0));
        """,
    ];
}
