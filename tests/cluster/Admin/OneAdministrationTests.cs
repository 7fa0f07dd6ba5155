using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
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
        (string id, string token) = await MakeTokenAsync(one);
        Assert.Equal(HttpStatusCode.NotFound, await LookAsync(other, token));
        Assert.Equal(
            ["silo start", "one start", "other start", "one management-tokens.create", "one management-tokens.create"],
            await AuditAsync(other, names));

        using HttpResponseMessage revoked = await other.Admin.Http.DeleteAsync($"/admin/v1/management-tokens/{id}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await LookAsync(one, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await LookAsync(other, token));

        (_, token) = await MakeTokenAsync(other);
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await cluster.StartSiloAsync(ports, "--restored");
        while (await one.HealthAsync("/healthz/ready") != HttpStatusCode.OK) await Task.Delay(50);
        HttpStatusCode looked;
        while ((looked = await LookAsync(one, token)) == HttpStatusCode.ServiceUnavailable) await Task.Delay(50); // the first call may still go to the silo that is gone
        Assert.Equal(HttpStatusCode.Unauthorized, looked);
        string[] told = await AuditAsync(one, names);
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
        (_, string token) = await MakeTokenAsync(gateway);

        await server.ExecuteAsync($"ALTER TABLE {schema}.audit RENAME TO away; ALTER TABLE {schema}.management_token RENAME TO also_away");
        AdminException refusal = await Assert.ThrowsAsync<AdminException>(() => gateway.Admin.CreateSiteAsync("another"));
        Assert.True(refusal.Status == HttpStatusCode.ServiceUnavailable && refusal.Message.Contains("audit-unavailable", StringComparison.Ordinal), refusal.Message);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LookAsync(gateway, token));
        using (HttpResponseMessage audit = await gateway.Admin.Http.GetAsync("/admin/v1/audit"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, audit.StatusCode);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(minted, null))).Verdict);
        Assert.Equal(Verdict.Duplicate, (await run.SendAsync(gateway.Public, Submission.Of(minted, null))).Verdict);

        await server.ExecuteAsync($"ALTER TABLE {schema}.away RENAME TO audit; ALTER TABLE {schema}.also_away RENAME TO management_token");
        await gateway.Admin.CreateSiteAsync("another");
        Assert.Equal(HttpStatusCode.NotFound, await LookAsync(gateway, token));
    }

    private static async Task<(string Id, string Token)> MakeTokenAsync(GatewayProcess gateway)
    {
        using StringContent content = new("""{"name":"terraform"}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsync("/admin/v1/management-tokens", content);
        JsonElement made = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return (made.GetProperty("id").GetString()!, made.GetProperty("token").GetString()!);
    }

    /// <summary>At a site that there is not: it is told to those only who may look.</summary>
    private static async Task<HttpStatusCode> LookAsync(GatewayProcess gateway, string token)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/management/sites/cpt_pub_00000000000000000000000000000000");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await gateway.Admin.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <param name="gateway">Who is asked.</param>
    /// <param name="names">Of nodes, by their ports.</param>
    private static async Task<string[]> AuditAsync(GatewayProcess gateway, Dictionary<int, string> names)
    {
        using HttpResponseMessage response = await gateway.Admin.Http.GetAsync("/admin/v1/audit?after=0");
        JsonElement[] entries = [.. JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("entries").EnumerateArray()];
        Assert.Equal(Enumerable.Range(1, entries.Length), entries.Select(entry => entry.GetProperty("seq").GetInt32()));
        return [.. entries.Select(entry => $"{NameOf(entry)} {entry.GetProperty("action").GetString()}")];

        string NameOf(JsonElement entry)
        {
            string[] node = entry.GetProperty("node").GetString()!.Split(':');
            Assert.Equal(Environment.MachineName, node[0]);
            return names[int.Parse(node[1], System.Globalization.CultureInfo.InvariantCulture)];
        }
    }
}
