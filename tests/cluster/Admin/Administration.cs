using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Admin;

/// <summary>What an administrator asks of gateways that share an audit log and management tokens.</summary>
internal static class Administration
{
    public static async Task<(string Id, string Token)> MakeTokenAsync(GatewayProcess gateway)
    {
        using StringContent content = new("""{"name":"terraform"}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsync("/admin/v1/management-tokens", content);
        JsonElement made = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return (made.GetProperty("id").GetString()!, made.GetProperty("token").GetString()!);
    }

    /// <summary>At a site that there is not: it is told to those only who may look.</summary>
    public static async Task<HttpStatusCode> LookAsync(GatewayProcess gateway, string token)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/management/sites/cpt_pub_00000000000000000000000000000000");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await gateway.Admin.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Of a gateway whose silo was started again: the first calls may still go to the one that is gone.</summary>
    public static async Task<HttpStatusCode> LookUntilKnownAsync(GatewayProcess gateway, string token)
    {
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        while (await gateway.HealthAsync("/healthz/ready") != HttpStatusCode.OK) await Task.Delay(50, patience.Token);
        HttpStatusCode looked;
        while ((looked = await LookAsync(gateway, token)) == HttpStatusCode.ServiceUnavailable) await Task.Delay(50, patience.Token);
        return looked;
    }

    /// <param name="gateway">Who is asked.</param>
    /// <param name="names">Of nodes, by their ports.</param>
    public static async Task<string[]> AuditAsync(GatewayProcess gateway, Dictionary<int, string> names)
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
