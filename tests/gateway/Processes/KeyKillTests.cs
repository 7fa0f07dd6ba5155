using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>
/// An operator rotates keys while the gateway is killed at any moment: before a change was made, between its being made and
/// its reply, after that.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class KeyKillTests
{
    private const int Rounds = 14;
    private const int MostKeys = 8;

    private readonly Random random = new(ProcessSeed.Value);
    private readonly Dictionary<string, string> tokens = []; // one of each key that was not asked to be retired
    private readonly HashSet<string> keys = [];
    private string? signer;
    private string? asked; // to sign, without a reply
    private string site = "";
    private int switches;
    private int found;

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_after_a_kill_and_no_token_is_lost()
    {
        using TestDirectory directory = new();
        for (int round = 0; round < Rounds; round++)
        {
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
            if (round == 0) site = (await gateway.Admin.CreateSiteAsync("site")).GetProperty("sitekey").GetString()!;
            await CheckAsync(gateway);
            for (int left = random.Next(2, 12); left > 0; left--) await StepAsync(gateway);
            Task last = StepAsync(gateway);
            Thread.SpinWait(random.Next(200_000));
            gateway.Kill();
            await CutOffAsync(last);
            await gateway.EndedAsync();
        }

        await using GatewayProcess end = await GatewayProcess.StartAsync(directory.Path);
        await CheckAsync(end);
        Assert.True(switches >= Rounds && found >= Rounds, $"{switches} switches, {found} tokens; {ProcessSeed.Describe(ProcessSeed.Value)}");
    }

    private static async Task CutOffAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or AdminException { Status: 0 })
        {
            // As it may be; else it was answered before the kill.
        }
    }

    private async Task StepAsync(GatewayProcess gateway)
    {
        string[] others = [.. keys.Where(key => key != signer && key != asked)];
        if (keys.Count < 2 || (keys.Count < MostKeys && random.Next(3) == 0))
        {
            keys.Add((await SendAsync(gateway, HttpMethod.Post, "", HttpStatusCode.Created)).GetProperty("kid").GetString()!);
        }
        else if (keys.Count == MostKeys && others.Length > 0)
        {
            string retired = others[random.Next(others.Length)];
            keys.Remove(retired);
            tokens.Remove(retired);
            await SendAsync(gateway, HttpMethod.Delete, $"/{retired}", HttpStatusCode.NoContent, new { force = true });
        }
        else if (others.Length > 0 && random.Next(2) == 0)
        {
            asked = others[random.Next(others.Length)];
            await SendAsync(gateway, HttpMethod.Post, $"/{asked}/sign", HttpStatusCode.OK);
            (signer, asked) = (asked, null);
            switches++;
        }
        else
        {
            string token = (await gateway.Admin.MintAsync(site, 1, ttlSeconds: 7200))[0];
            string key = TokenContent.Read(token)!.KeyId!;
            Assert.Equal(signer ?? key, key);
            keys.Add(signer = key);
            tokens[key] = token;
        }
    }

    private async Task CheckAsync(GatewayProcess gateway)
    {
        JsonElement[] listed = [.. (await SendAsync(gateway, HttpMethod.Get, "", HttpStatusCode.OK)).GetProperty("keys").EnumerateArray()];
        string signs = Assert.Single(listed, key => key.GetProperty("signs").GetBoolean()).GetProperty("kid").GetString()!;
        if (signer is not null) Assert.True(signs == signer || signs == asked, $"{signs} signs; {ProcessSeed.Describe(ProcessSeed.Value)}");
        (signer, asked) = (signs, null);
        Assert.Subset(listed.Select(key => key.GetProperty("kid").GetString()!).ToHashSet(), keys);
        foreach (string token in tokens.Values)
        {
            using HttpResponseMessage response = await gateway.Admin.Http.PostAsJsonAsync("/admin/v1/tokens/inspect", new { token });
            JsonElement inspected = JsonElement.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal("unspent", inspected.GetProperty("state").GetString());
            found++;
        }

        // Keys that were made without a reply, or are still there although their retirement was under way.
        foreach (string stray in listed.Select(key => key.GetProperty("kid").GetString()!).Where(key => key != signs && !keys.Contains(key)))
            await SendAsync(gateway, HttpMethod.Delete, $"/{stray}", HttpStatusCode.NoContent, new { force = true });
    }

    private static async Task<JsonElement> SendAsync(GatewayProcess gateway, HttpMethod method, string path, HttpStatusCode expected, object? body = null)
    {
        using HttpRequestMessage request = new(method, "/admin/v1/keys" + path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using HttpResponseMessage response = await gateway.Admin.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} {text}; {ProcessSeed.Describe(ProcessSeed.Value)}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }
}
