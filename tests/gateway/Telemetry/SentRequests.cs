using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Telemetry;

/// <summary>A request for every outcome that a healthy node has, a different number of each, and what ought to be counted of them.</summary>
internal sealed class SentRequests
{
    private readonly GatewayProcess gateway;
    private readonly SortedDictionary<string, int> byOutcome = [];
    private readonly List<string> secrets = [GatewayProcess.AdminKey];
    private int minted = 1; // that of the first start

    private SentRequests(GatewayProcess gateway) => this.gateway = gateway;

    public IReadOnlyDictionary<string, int> ByOutcome => byOutcome;

    public int Successes => byOutcome["success"];

    public int Minted => minted;

    /// <summary>Secrets and tokens; the first is a site's secret.</summary>
    public IReadOnlyList<string> Secrets => secrets;

    public static async Task<SentRequests> SendAsync(GatewayProcess gateway)
    {
        SentRequests sent = new(gateway);
        await sent.SendAllAsync();
        return sent;
    }

    private async Task SendAllAsync()
    {
        (string sitekey, string secret) = await CreateSiteAsync();
        (string otherKey, string otherSecret) = await CreateSiteAsync();
        secrets.Insert(0, secret);
        secrets.Add(otherSecret);
        string[] tokens = await MintAsync(sitekey, 12, 600);
        string foreign = (await MintAsync(otherKey, 1, 600))[0];
        string shortLived = (await MintAsync(sitekey, 1, 1))[0];
        foreach (string token in tokens[..5]) await VerifyAsync("success", secret, token);
        foreach (string token in tokens[..4]) await VerifyAsync("duplicate", secret, token);
        foreach (string token in tokens[5..8]) await VerifyAsync("forged", secret, token[..^4] + (token.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA"));
        for (int i = 0; i < 2; i++) await VerifyAsync("other-site", secret, foreign);
        for (int i = 0; i < 6; i++) await VerifyAsync("bad-secret", secret[..^1] + (secret[^1] == 'A' ? 'B' : 'A'), tokens[5]);
        for (int i = 0; i < 2; i++) await VerifyAsync("bad-request", secret, tokens[5], $"&response={tokens[5]}");
        await VerifyAsync("missing-secret", "", tokens[5]);
        await VerifyAsync("missing-secret", "", "");
        await VerifyAsync("missing-token", secret, "");
        await PatchAsync(sitekey, """{"hostnames":["example.org"]}""");
        for (int i = 0; i < 3; i++) await VerifyAsync("hostname", secret, tokens[8]);
        await PatchAsync(sitekey, """{"hostnames":["example.com"],"ip_binding":"enforce"}""");
        for (int i = 0; i < 4; i++) await VerifyAsync("ip", secret, tokens[8], "&remoteip=192.0.2.1");
        await PatchAsync(sitekey, """{"ip_binding":"off"}""");
        DateTimeOffset expiry = MintedToken.Read(shortLived).Expiry;
        while (TimeProvider.System.GetUtcNow() < expiry) await gateway.HealthAsync("/healthz/live");
        await VerifyAsync("expired", secret, shortLived);
        await PatchAsync(sitekey, """{"disabled":true}""");
        await VerifyAsync("site-disabled", secret, tokens[8]);
    }

    private async Task<(string Key, string Secret)> CreateSiteAsync()
    {
        JsonElement site = await gateway.Admin.CreateSiteAsync("shop");
        return (site.GetProperty("sitekey").GetString()!, site.GetProperty("secret").GetString()!);
    }

    private async Task<string[]> MintAsync(string sitekey, int count, int ttlSeconds)
    {
        string[] tokens = await gateway.Admin.MintAsync(sitekey, count, ttlSeconds);
        minted += count;
        secrets.AddRange(tokens);
        return tokens;
    }

    private async Task PatchAsync(string sitekey, string json)
    {
        using StringContent body = new(json, null, "application/json");
        using HttpResponseMessage response = await gateway.Admin.Http.PatchAsync($"/admin/v1/sites/{sitekey}", body);
        response.EnsureSuccessStatusCode();
    }

    private async Task VerifyAsync(string outcome, string secret, string token, string more = "")
    {
        byOutcome[outcome] = byOutcome.GetValueOrDefault(outcome) + 1;
        using StringContent body = new($"secret={secret}&response={token}{more}", null, "application/x-www-form-urlencoded");
        using HttpResponseMessage response = await gateway.Public.PostAsync("/siteverify", body);
        response.EnsureSuccessStatusCode();
    }
}
