using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Many callers mint for the same server tokens while the gateway is killed at any moment.</summary>
[Collection(ProcessCollection.Name)]
public sealed class ServerTokenKillTests
{
    private const int Rounds = 10;
    private const int TokensPerRound = 4;
    private const int Uses = 6;
    private const int Callers = 12;

    private readonly Random random = new(ProcessSeed.Value);

    // By server token: what was minted for it, and how many calls got no answer.
    private readonly Dictionary<string, (List<string> Minted, int Unanswered)> calls = [];
    private string site = "";
    private string secret = "";

    [Fact]
    [Trait("Invariant", "I1-I5")]
    public async Task No_token_has_more_uses_than_it_allows_and_none_is_lost_but_with_an_answer()
    {
        using TestDirectory directory = new();
        for (int round = 0; round < Rounds; round++)
        {
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
            if (round == 0) await CreateSiteAsync(gateway);
            string[] tokens = await Task.WhenAll(Enumerable.Range(0, TokensPerRound).Select(_ => IssueAsync(gateway)));
            int killAt = random.Next(1, TokensPerRound * Uses);
            int answers = 0;
            await Task.WhenAll(tokens.SelectMany(token => Enumerable.Repeat(token, Callers)).Select(async token =>
            {
                await TryMintAsync(gateway, token);
                if (Interlocked.Increment(ref answers) == killAt) gateway.Kill();
            }));
            await gateway.EndedAsync();
        }

        await using GatewayProcess end = await GatewayProcess.StartAsync(directory.Path);
        foreach (string token in calls.Keys.ToList()) await UseUpAsync(end, token);
        int lost = 0;
        foreach ((List<string> minted, int unanswered) in calls.Values)
        {
            Assert.InRange(minted.Distinct().Count(), Uses - unanswered, Uses);
            Assert.Equal(minted.Count, minted.Distinct().Count());
            lost += Uses - minted.Count;
        }

        Assert.Contains(calls.Values, call => call.Unanswered > 0);
        Assert.Contains(calls.Values, call => call.Minted.Count == Uses);
        Assert.True(lost > 0, $"No use lost its answer; {ProcessSeed.Describe(ProcessSeed.Value)}");
    }

    private async Task CreateSiteAsync(GatewayProcess gateway)
    {
        JsonElement created = await gateway.Admin.CreateSiteAsync("site");
        (site, secret) = (created.GetProperty("sitekey").GetString()!, created.GetProperty("secret").GetString()!);
    }

    private async Task<string> IssueAsync(GatewayProcess gateway)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/server/challenge/issue");
        request.Headers.Add("X-App-Key", site);
        request.Headers.Add("X-App-Secret", secret);
        request.Content = JsonContent.Create(new { action = "login", ttl = 7200, max_uses = Uses });
        using HttpResponseMessage response = await gateway.Public.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        string token = JsonElement.Parse(text).GetProperty("data").GetProperty("server_token").GetString()!;
        lock (calls) calls.Add(token, ([], 0));
        return token;
    }

    private async Task UseUpAsync(GatewayProcess gateway, string token)
    {
        while (await TryMintAsync(gateway, token))
        {
        }
    }

    /// <summary>False where no use was left, or no answer came.</summary>
    private async Task<bool> TryMintAsync(GatewayProcess gateway, string token)
    {
        try
        {
            using HttpResponseMessage response = await gateway.Admin.Http.PostAsJsonAsync($"/admin/v1/sites/{site}/tokens", new { server_token = token });
            JsonElement json = JsonElement.Parse(await response.Content.ReadAsStringAsync());
            if (response.StatusCode != HttpStatusCode.Created)
            {
                Assert.Equal("server-token-used-up", json.GetProperty("error").GetString());
                return false;
            }

            lock (calls) calls[token].Minted.Add(json.GetProperty("token").GetString()!);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            lock (calls) calls[token] = (calls[token].Minted, calls[token].Unanswered + 1);
            return false;
        }
    }
}
