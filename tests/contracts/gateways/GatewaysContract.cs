using System.Text;
using System.Text.Json;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Contracts;

/// <summary>What any two gateways over one ledger do, whatever is between them and it: what one has answered the other knows.</summary>
internal static class GatewaysContract
{
    /// <param name="one">Serves.</param>
    /// <param name="other">Serves.</param>
    /// <param name="spent">Tokens that are redeemed first, for all the ways to the ledger to be in use.</param>
    public static async Task AnswerAsOneAsync(GatewayProcess one, GatewayProcess other, int spent = 0)
    {
        RecordedRun run = new();
        await run.AddSitesAsync(one.Admin, 1);
        RecordedSite site = run.Sites[0];
        MintedToken[] tokens = await run.MintAsync(other.Admin, site, 3 + spent);
        foreach (MintedToken token in tokens[3..]) Assert.Equal(Verdict.Success, await VerdictAsync(one, Submission.Of(token, null)));

        Submission first = Submission.Of(tokens[0], "first");
        Assert.Equal(Verdict.Success, await VerdictAsync(one, first));
        Assert.Equal(Verdict.Success, await VerdictAsync(other, first));
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(other, Submission.Of(tokens[0], "second")));
        Assert.Equal(Verdict.Duplicate, await VerdictAsync(one, Submission.Of(tokens[0], null)));
        for (int round = 0; round < 5; round++)
        {
            Submission old = Submission.Of(tokens[1], "old");
            Assert.True(await site.RotateAsync((round % 2 == 0 ? one : other).Admin, immediately: true));
            foreach (GatewayProcess gateway in new[] { other, one })
            {
                Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(gateway, old));
                Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(gateway, first)); // no replay with the old secret either
                Assert.Equal(Verdict.Success, await VerdictAsync(gateway, first.Again()));
            }

            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: true));
            Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(other, first.Again()));
            Assert.True(await site.SetDisabledAsync(one.Admin, disabled: false));
            Assert.Equal(Verdict.Success, await VerdictAsync(other, first.Again()));
        }

        Assert.Equal(Verdict.Success, await VerdictAsync(other, Submission.Of(tokens[1], "now")));
        Assert.Equal("redeemed", await StateAsync(one, tokens[1]));
        Assert.Equal("unspent", await StateAsync(one, tokens[2]));
        await site.DeleteAsync(other.Admin);
        Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(one, Submission.Of(tokens[2], null)));
        CheckReport report = HistoryChecker.Check(run.Snapshot());
        Assert.True(report.IsClean, report.ToString());

        async Task<Verdict> VerdictAsync(GatewayProcess gateway, Submission submission) => (await run.SendAsync(gateway.Public, submission)).Verdict;
    }

    private static async Task<string?> StateAsync(GatewayProcess gateway, MintedToken token)
    {
        using StringContent content = new(JsonSerializer.Serialize(new { token = token.Text }), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsync("/admin/v1/tokens/inspect", content);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("state").GetString();
    }
}
