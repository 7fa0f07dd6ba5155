using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Tests.Contracts;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>Whatever one gateway has answered, every other one knows.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SharedGatewayTests(PostgresFixture server)
{
    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task Two_gateways_over_one_database_answer_as_one()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess one = await gateways.StartAsync(), other = await gateways.StartAsync();
        await GatewaysContract.AnswerAsOneAsync(one, other);
        Assert.Equal(0, (await one.TerminateAsync()).Code);
        Assert.Equal(0, (await other.TerminateAsync()).Code);
    }

    [FactWithPostgres]
    public async Task What_was_administered_at_one_gateway_is_told_and_obeyed_at_the_other()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess one = await gateways.StartAsync(), other = await gateways.StartAsync();
        using JsonDocument made = await CallAsync(one, HttpMethod.Post, "/admin/v1/management-tokens", """{"name":"terraform"}""");
        string id = made.RootElement.GetProperty("id").GetString()!, token = made.RootElement.GetProperty("token").GetString()!;
        Assert.Equal(HttpStatusCode.NotFound, await LookAsync());
        using (JsonDocument audit = await CallAsync(other, HttpMethod.Get, "/admin/v1/audit", ""))
        {
            JsonElement[] entries = [.. audit.RootElement.GetProperty("entries").EnumerateArray()];
            Assert.Equal(Enumerable.Range(1, entries.Length), entries.Select(entry => entry.GetProperty("seq").GetInt32()));
            string[] nodes = [.. entries.Select(entry => entry.GetProperty("node").GetString()!).Distinct()];
            Assert.All(nodes, node => Assert.StartsWith(Environment.MachineName + ":", node, StringComparison.Ordinal));
            Assert.Equal(
                ["start", "start", "management-tokens.create started", "management-tokens.create ended"],
                entries.Select(entry => entry.GetProperty("action").GetString() is "start" ? "start" : $"{entry.GetProperty("action")} {entry.GetProperty("phase")}"));
        }

        using HttpResponseMessage revoked = await one.Admin.Http.DeleteAsync($"/admin/v1/management-tokens/{id}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await LookAsync());

        // At a site that there is not: it is told to those only who may look.
        async Task<HttpStatusCode> LookAsync()
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/management/sites/cpt_pub_00000000000000000000000000000000");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using HttpResponseMessage response = await other.Admin.Http.SendAsync(request);
            return response.StatusCode;
        }
    }

    [FactWithPostgres]
    [Trait("Invariant", "I9")]
    public async Task A_gateway_whose_database_is_gone_is_not_ready_grants_nothing_and_comes_back_by_itself()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess gateway = await gateways.StartAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, run.Sites[0], 2);
        Submission first = Submission.Of(tokens[0], "first");
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, first)).Verdict);
        await server.KillAsync();
        try
        {
            Assert.True((await run.SendAsync(gateway.Public, first)).IsUndecided);
            Assert.True((await run.SendAsync(gateway.Public, Submission.Of(tokens[1], "other"))).IsUndecided);
            while (await gateway.HealthAsync("/healthz/ready") != HttpStatusCode.ServiceUnavailable) await Task.Delay(50);
            Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/live"));
        }
        finally
        {
            await server.StartAsync();
        }

        while (await gateway.HealthAsync("/healthz/ready") != HttpStatusCode.OK) await Task.Delay(50);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, first)).Verdict);
        Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(tokens[1], "other"))).Verdict);
    }

    private static async Task<JsonDocument> CallAsync(GatewayProcess gateway, HttpMethod method, string path, string body)
    {
        using HttpRequestMessage request = new(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using HttpResponseMessage response = await gateway.Admin.Http.SendAsync(request);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }
}
