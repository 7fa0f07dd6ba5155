using System.Net;
using CaptchaCluster.Tests.Cluster.Processes;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Admin;

/// <summary>One audit log and one set of management tokens, whichever gateway is asked.</summary>
[Collection(PostgresCollection.Name)]
public sealed class OneAdministrationTests(PostgresFixture server)
{
    [FactWithPostgres]
    public async Task What_was_administered_at_one_gateway_is_told_and_obeyed_at_the_other()
    {
        await using ClusterProcesses cluster = new(server, await server.NewSchemaAsync());
        ClusterProcesses.SiloPorts ports = ClusterProcesses.NewPorts();
        Dictionary<int, string> names = new() { [ports.Silo] = "silo" };
        GatewayProcess silo = await cluster.StartSiloAsync(ports);
        GatewayProcess one = await StartGatewayAsync("one"), other = await StartGatewayAsync("other");
        (string id, string token) = await Administration.MakeTokenAsync(one);
        Assert.Equal(HttpStatusCode.NotFound, await Administration.LookAsync(other, token));
        Assert.Equal(
            ["silo start", "one start", "other start", "one management-tokens.create", "one management-tokens.create"],
            await Administration.AuditAsync(other, names));

        using HttpResponseMessage revoked = await other.Admin.Http.DeleteAsync($"/admin/v1/management-tokens/{id}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await Administration.LookAsync(one, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await Administration.LookAsync(other, token));

        (_, token) = await Administration.MakeTokenAsync(other);
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await cluster.StartSiloAsync(ports, "--restored");
        Assert.Equal(HttpStatusCode.Unauthorized, await Administration.LookUntilKnownAsync(one, token));
        string[] told = await Administration.AuditAsync(one, names);
        Assert.Equal(["silo stop", "silo start.restored"], told.Where(entry => entry.StartsWith("silo ", StringComparison.Ordinal)).Skip(1));

        Task<GatewayProcess> StartGatewayAsync(string name)
        {
            int port = ClusterProcesses.NewPorts().Gateway;
            names.Add(port, name);
            return cluster.StartGatewayAsync($"--Gateway:Listen=http://127.0.0.1:{port}");
        }
    }

    /// <summary>Verification needs neither the one nor the other.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task Where_neither_can_be_read_or_written_nothing_is_administered_and_verification_goes_on()
    {
        string schema = await server.NewSchemaAsync();
        await using ClusterProcesses cluster = new(server, schema);
        await cluster.StartSiloAsync(ClusterProcesses.NewPorts());
        GatewayProcess gateway = await cluster.StartGatewayAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken minted = (await run.MintAsync(gateway.Admin, run.Sites[0], 1))[0];
        (_, string token) = await Administration.MakeTokenAsync(gateway);

        await server.ExecuteAsync($"ALTER TABLE {schema}.audit RENAME TO away; ALTER TABLE {schema}.management_token RENAME TO also_away");
        AdminException refusal = await Assert.ThrowsAsync<AdminException>(() => gateway.Admin.CreateSiteAsync("another"));
        Assert.True(refusal.Status == HttpStatusCode.ServiceUnavailable && refusal.Message.Contains("audit-unavailable", StringComparison.Ordinal), refusal.Message);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Administration.LookAsync(gateway, token));
        using (HttpResponseMessage audit = await gateway.Admin.Http.GetAsync("/admin/v1/audit"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, audit.StatusCode);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(minted, null))).Verdict);
        Assert.Equal(Verdict.Duplicate, (await run.SendAsync(gateway.Public, Submission.Of(minted, null))).Verdict);

        await server.ExecuteAsync($"ALTER TABLE {schema}.away RENAME TO audit; ALTER TABLE {schema}.also_away RENAME TO management_token");
        await gateway.Admin.CreateSiteAsync("another");
        Assert.Equal(HttpStatusCode.NotFound, await Administration.LookAsync(gateway, token));
    }
}
