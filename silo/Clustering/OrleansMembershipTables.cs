namespace CaptchaCluster.Silo.Clustering;

/// <summary>
/// The tables of a cluster's silos, and the statements that Orleans' ADO.NET provider asks for by name in <c>OrleansQuery</c>. Names of
/// queries, their parameters and the columns of their results are the provider's (dotnet/orleans, src/AdoNet/Shared/Storage: DbStoredQueries,
/// RelationalOrleansQueries); what is behind them is ours, by the contract of its <c>IMembershipTable</c>.
/// </summary>
internal static class OrleansMembershipTables
{
    private const string Columns = """
        c.version AS "Version", s.address AS "Address", s.port AS "Port", s.generation AS "Generation", s.name AS "SiloName",
            s.host AS "HostName", s.status AS "Status", s.gateway_port AS "ProxyPort", s.suspects AS "SuspectTimes",
            s.started_at AS "StartTime", s.alive_at AS "IAmAliveTime"
        """;

    private const string Silo = "cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    private const string First = $"""
        -- version counts the changes of a cluster's silos: the one thing that is compared before any is changed.
        CREATE TABLE orleans_cluster (
            id text PRIMARY KEY,
            version integer NOT NULL DEFAULT 0);

        -- One start of one process. status: SiloStatus of Orleans. suspects: who holds it for dead since when, in the provider's words.
        CREATE TABLE orleans_silo (
            cluster text NOT NULL REFERENCES orleans_cluster ON DELETE CASCADE,
            address text NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            name text NOT NULL,
            host text NOT NULL,
            status integer NOT NULL,
            gateway_port integer NOT NULL,
            suspects text,
            started_at timestamptz NOT NULL,
            alive_at timestamptz NOT NULL,
            PRIMARY KEY (cluster, address, port, generation));

        -- Whoever changes a cluster's silos goes through here first, one at a time until its transaction is over; of all that read
        -- the same version one gets on. Nothing is written before that is decided, so that a refusal leaves nothing behind.
        CREATE FUNCTION orleans_lock_version(of_cluster text, expected integer) RETURNS boolean LANGUAGE plpgsql AS $function$
        BEGIN
            PERFORM FROM orleans_cluster WHERE id = of_cluster AND version = expected FOR NO KEY UPDATE;
            RETURN FOUND;
        END $function$;

        CREATE FUNCTION orleans_insert_silo(
            expected integer, of_cluster text, at_address text, at_port integer, of_generation integer, named text, on_host text,
            in_status integer, at_gateway_port integer, start_time timestamptz, alive_time timestamptz)
            RETURNS boolean LANGUAGE plpgsql AS $function$
        BEGIN
            IF NOT orleans_lock_version(of_cluster, expected) THEN RETURN false; END IF;
            INSERT INTO orleans_silo (cluster, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
                VALUES (of_cluster, at_address, at_port, of_generation, named, on_host, in_status, at_gateway_port, start_time, alive_time)
                ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN RETURN false; END IF;
            UPDATE orleans_cluster SET version = version + 1 WHERE id = of_cluster;
            RETURN true;
        END $function$;

        CREATE FUNCTION orleans_update_silo(
            expected integer, of_cluster text, at_address text, at_port integer, of_generation integer,
            in_status integer, suspected_by text, alive_time timestamptz)
            RETURNS boolean LANGUAGE plpgsql AS $function$
        BEGIN
            IF NOT orleans_lock_version(of_cluster, expected) THEN RETURN false; END IF;
            UPDATE orleans_silo SET status = in_status, suspects = suspected_by, alive_at = alive_time
                WHERE cluster = of_cluster AND address = at_address AND port = at_port AND generation = of_generation;
            IF NOT FOUND THEN RETURN false; END IF;
            UPDATE orleans_cluster SET version = version + 1 WHERE id = of_cluster;
            RETURN true;
        END $function$;

        CREATE TABLE OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL);
        INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
        ('InsertMembershipVersionKey', $query$
            WITH made AS (INSERT INTO orleans_cluster (id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING id)
            SELECT EXISTS (SELECT FROM made)
        $query$),
        ('InsertMembershipKey', $query$
            SELECT orleans_insert_silo(@Version, @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName,
                @Status, @ProxyPort, @StartTime, @IAmAliveTime)
        $query$),
        ('UpdateMembershipKey', $query$
            SELECT orleans_update_silo(@Version, @DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime)
        $query$),
        ('UpdateIAmAlivetimeKey', $query$
            UPDATE orleans_silo SET alive_at = @IAmAliveTime WHERE {Silo}
        $query$),
        -- The version also where there is no silo: the provider takes it from the first row.
        ('MembershipReadAllKey', $query$
            SELECT {Columns}
            FROM orleans_cluster c LEFT JOIN orleans_silo s ON s.cluster = c.id
            WHERE c.id = @DeploymentId
        $query$),
        ('MembershipReadRowKey', $query$
            SELECT {Columns}
            FROM orleans_cluster c LEFT JOIN (SELECT * FROM orleans_silo WHERE {Silo}) s ON s.cluster = c.id
            WHERE c.id = @DeploymentId
        $query$),
        ('GatewaysQueryKey', $query$
            SELECT address AS "Address", gateway_port AS "ProxyPort", generation AS "Generation"
            FROM orleans_silo
            WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
        $query$),
        -- 3 is Active. As with the other providers, a silo that died on its way in goes too.
        ('CleanupDefunctSiloEntriesKey', $query$
            DELETE FROM orleans_silo
            WHERE cluster = @DeploymentId AND status <> 3 AND greatest(started_at, alive_at) < @IAmAliveTime
        $query$),
        ('DeleteMembershipTableEntriesKey', $query$
            DELETE FROM orleans_cluster WHERE id = @DeploymentId
        $query$);
        """;

    /// <summary>Each brings the tables from the version of its index to the next. What was released is never changed.</summary>
    public static IReadOnlyList<string> Migrations { get; } = [First];
}
