using System.Net;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;
using Npgsql;

namespace CaptchaCluster.Tests.Postgres.Gateways;

[Collection(PostgresCollection.Name)]
public sealed class AdministrationTests(PostgresFixture server)
{
    private const int Calls = 48;

    /// <summary>Every change is told to the audit log first, whose entries are numbered under the lock of one row.</summary>
    [FactWithPostgres]
    [Trait("Invariant", "I10")]
    public async Task However_many_administrators_wait_for_the_database_verification_goes_on()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess gateway = await gateways.StartAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, run.Sites[0], 1000);

        await using NpgsqlConnection slow = await server.OpenAsync(schema);
        await using NpgsqlTransaction holding = await slow.BeginTransactionAsync();
        await using NpgsqlCommand hold = new("SELECT latest FROM audit_position FOR UPDATE", slow);
        await hold.ExecuteScalarAsync();
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, Calls).Select(_ => gateway.Admin.Http.PostAsync(
            "/admin/v1/sites", new StringContent("""{"name":"another"}""", Encoding.UTF8, "application/json")))];
        Task all = Task.WhenAll(calls);
        int verified = 0;
        while (!all.IsCompleted)
        {
            Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, Submission.Of(tokens[verified++], null))).Verdict);
            using FormUrlEncodedContent fields = new([new("secret", SiteSecret.New(SiteKey.New())), new("response", "x")]);
            using HttpResponseMessage answer = await gateway.Public.PostAsync("/siteverify", fields);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await Task.WhenAny(all, Task.Delay(50));
        }

        foreach (Task<HttpResponseMessage> call in calls)
        {
            using HttpResponseMessage response = await call;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }

        Assert.InRange(verified, 2, tokens.Length);
        Assert.DoesNotContain("out of reach", gateway.Output.ToString());
    }
}
