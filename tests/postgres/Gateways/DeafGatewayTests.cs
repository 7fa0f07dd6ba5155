using System.Net;
using System.Net.Http.Json;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Gateways;

/// <summary>
/// A gateway that hears of nothing: it is told to look, and looks again by itself, and finds no version higher than those it has
/// seen. What it is asked it has to find out by asking for it.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class DeafGatewayTests(PostgresFixture server)
{
    private const string HideVersions = """
        CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.version := -NEW.version; RETURN NEW; END';
        CREATE TRIGGER hide BEFORE INSERT OR UPDATE ON site FOR EACH ROW EXECUTE FUNCTION hide();
        """;

    [FactWithPostgres]
    [Trait("Invariant", "I8")]
    public async Task It_obeys_what_was_changed_at_another_from_the_next_request_on()
    {
        string schema = await server.NewSchemaAsync();
        await using SharedGateways gateways = new(server, schema);
        GatewayProcess one = await gateways.StartAsync(), deaf = await gateways.StartAsync();
        await server.ExecuteAsync($"SET search_path = {schema}; {HideVersions}");
        RecordedRun run = new();
        await run.AddSitesAsync(one.Admin, 1);
        RecordedSite site = run.Sites[0];
        MintedToken[] tokens = await run.MintAsync(one.Admin, site, 2);
        Submission first = Submission.Of(tokens[0], "first");
        Assert.Equal(Verdict.Success, await VerdictAsync(first)); // of a site that it had never heard of

        for (int round = 0; round < 3; round++)
        {
            Assert.True(await site.RotateAsync(one.Admin, immediately: true));
            Assert.Equal(Verdict.Success, await VerdictAsync(first.Again()));
            Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(first));
            Assert.True(await site.RotateAsync(one.Admin, immediately: true));
            Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(Submission.Of(tokens[1], "old") with { Secret = site.Secrets[^2] }));
            Assert.Equal(HttpStatusCode.OK, await IssueServerTokenAsync(site));

            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: true));
            Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(first.Again()));
            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: false));
            if (round == 1) Assert.Equal(HttpStatusCode.OK, await IssueServerTokenAsync(site));
            Assert.Equal(Verdict.Success, await VerdictAsync(first.Again()));
        }

        await run.MintAsync(deaf.Admin, site, 1);
        await site.DeleteAsync(one.Admin);
        Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(first.Again()));
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task<Verdict> VerdictAsync(Submission submission) => (await run.SendAsync(deaf.Public, submission)).Verdict;

        async Task<HttpStatusCode> IssueServerTokenAsync(RecordedSite owner)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/v1/server/challenge/issue") { Content = JsonContent.Create(new { action = "login" }) };
            request.Headers.Add("X-App-Key", owner.Key.ToString());
            request.Headers.Add("X-App-Secret", owner.Newest.Text);
            using HttpResponseMessage response = await deaf.Public.SendAsync(request);
            return response.StatusCode;
        }
    }
}
