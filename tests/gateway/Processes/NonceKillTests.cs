using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Many callers redeem the same nonces under expiries of their own while the gateway is killed at any moment.</summary>
[Collection(ProcessCollection.Name)]
public sealed class NonceKillTests
{
    private const int Rounds = 10;
    private const int NoncesPerRound = 12;
    private const int CallersPerNonce = 6;

    private readonly Random random = new(ProcessSeed.Value);

    // By nonce: the attempts that were told success, and the attempts whose answer did not come.
    private readonly Dictionary<string, HashSet<string>> winners = [];
    private readonly Dictionary<string, JsonElement> unanswered = [];
    private string site = "";
    private int settled;

    [Fact]
    [Trait("Invariant", "I1-I5")]
    public async Task No_nonce_has_two_winners_and_a_lost_answer_is_had_again()
    {
        using TestDirectory directory = new();
        for (int round = 0; round < Rounds; round++)
        {
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
            if (round == 0) site = (await gateway.Admin.CreateSiteAsync("site")).GetProperty("sitekey").GetString()!;
            await SettleAsync(gateway);
            int killAt = random.Next(1, NoncesPerRound * CallersPerNonce);
            int answers = 0;
            await Task.WhenAll(NewAttempts(round).Select(async attempt =>
            {
                await TryAsync(gateway, attempt);
                if (Interlocked.Increment(ref answers) == killAt) gateway.Kill();
            }));
            await gateway.EndedAsync();
        }

        await using GatewayProcess end = await GatewayProcess.StartAsync(directory.Path);
        await SettleAsync(end);
        Assert.Empty(unanswered);
        Assert.True(settled > 0, $"No kill cut off a request; {ProcessSeed.Describe(ProcessSeed.Value)}");
        Assert.All(winners, nonce => Assert.True(nonce.Value.Count <= 1, $"{nonce.Key}: {string.Join(", ", nonce.Value)}; {ProcessSeed.Describe(ProcessSeed.Value)}"));
        Assert.True(winners.Count >= Rounds, $"{winners.Count} nonces were redeemed; {ProcessSeed.Describe(ProcessSeed.Value)}");

        // Whatever was acknowledged is spent, and nobody's but the winner's.
        foreach ((string nonce, HashSet<string> winner) in winners)
        {
            JsonElement other = Attempt(nonce, "somebody else");
            Assert.Equal("duplicate", (await RedeemAsync(end, other)).GetProperty("reason").GetString());
            Assert.NotEmpty(winner);
        }
    }

    private JsonElement[] NewAttempts(int round)
    {
        JsonElement[] attempts =
        [
            .. from nonce in Enumerable.Range(0, NoncesPerRound)
               from caller in Enumerable.Range(0, CallersPerNonce)
               select Attempt($"{round}.{nonce}", $"caller {caller}"),
        ];
        random.Shuffle(attempts);
        return attempts;
    }

    // An expiry that outlives the test, and is seldom that of another caller.
    private JsonElement Attempt(string nonce, string key) => JsonSerializer.SerializeToElement(new
    {
        sitekey = site,
        nonce,
        idempotency_key = key,
        expires_at = TimeProvider.System.GetUtcNow().AddSeconds(random.Next(1200, 3500)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
    });

    private async Task SettleAsync(GatewayProcess gateway)
    {
        foreach (JsonElement attempt in unanswered.Values.ToList())
        {
            await TryAsync(gateway, attempt);
            settled++;
        }
    }

    private async Task TryAsync(GatewayProcess gateway, JsonElement attempt)
    {
        string nonce = attempt.GetProperty("nonce").GetString()!, key = attempt.GetProperty("idempotency_key").GetString()!;
        try
        {
            bool success = (await RedeemAsync(gateway, attempt)).GetProperty("success").GetBoolean();
            lock (unanswered)
            {
                unanswered.Remove(nonce + key);
                if (!success) return;
                if (!winners.TryGetValue(nonce, out HashSet<string>? names)) winners.Add(nonce, names = []);
                names.Add(key);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            lock (unanswered) unanswered[nonce + key] = attempt;
        }
    }

    private static async Task<JsonElement> RedeemAsync(GatewayProcess gateway, JsonElement attempt)
    {
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsJsonAsync("/v1/redeem-nonce", attempt);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }
}
