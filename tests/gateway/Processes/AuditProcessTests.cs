using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>The audit log of a gateway that is killed, or has no room.</summary>
[Collection(ProcessCollection.Name)]
public sealed class AuditProcessTests
{
    private const int Rounds = 5;
    private const int Callers = 6;

    [Fact]
    public async Task Whatever_was_acknowledged_is_in_the_log_after_a_kill()
    {
        using TestDirectory directory = new();
        Random random = new(ProcessSeed.Value);
        HashSet<string> made = [];
        for (int round = 0; round < Rounds; round++)
        {
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
            int enough = made.Count + random.Next(5, 40);
            TaskCompletionSource reached = new();
            Task[] callers = [.. Enumerable.Range(0, Callers).Select(_ => MakeAsync(gateway, made, enough, reached))];
            await reached.Task.WaitAsync(GatewayProcess.Patience);
            gateway.Kill();
            await Task.WhenAll(callers);
            await gateway.EndedAsync();
        }

        await using GatewayProcess end = await GatewayProcess.StartAsync(directory.Path);
        List<JsonElement> entries = await ReadAllAsync(end);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(i => (long)i), entries.Select(entry => entry.GetProperty("seq").GetInt64()));
        Assert.Equal(Rounds + 1, entries.Count(entry => Action(entry) == "start"));
        HashSet<string> told = [.. entries.Where(entry => Action(entry) == "site.create" && entry.TryGetProperty("target", out _)).Select(entry => entry.GetProperty("target").GetString()!)];
        Assert.True(made.IsSubsetOf(told), ProcessSeed.Describe(ProcessSeed.Value));

        // Every site there is was told of before it came to be, whether or not anybody had a reply.
        int intents = entries.Count(entry => Action(entry) == "site.create" && entry.GetProperty("phase").GetString() == "started");
        int sites = (await GetAsync(end, "/admin/v1/sites")).GetProperty("sites").GetArrayLength();
        Assert.InRange(sites - 1, made.Count, intents); // the demonstration's is told by the process
    }

    [FactWithSmallDisk]
    public async Task On_a_full_disk_nothing_is_done_unaudited_and_with_room_it_goes_on()
    {
        using SmallDisk disk = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(disk.Data);
        string site = (await gateway.Admin.CreateSiteAsync("site")).GetProperty("sitekey").GetString()!;
        disk.Fill();

        // The last page of the log may have some room left.
        AdminException? refusal;
        do
        {
            refusal = await RefusalAsync(() => gateway.Admin.SetDisabledAsync(site, disabled: false));
        }
        while (refusal is null || !refusal.Message.Contains("audit-unavailable"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refusal.Status);
        Assert.Contains("audit-unavailable", (await RefusalAsync(() => gateway.Admin.MintAsync(site, 1, 60)))?.Message);
        await gateway.Output.FirstAsync(line => line.Contains("level=error") && line.Contains("The audit log cannot be written")).WaitAsync(GatewayProcess.Patience);

        disk.Free();
        await gateway.Admin.SetDisabledAsync(site, disabled: true);
        List<JsonElement> entries = await ReadAllAsync(gateway);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(i => (long)i), entries.Select(entry => entry.GetProperty("seq").GetInt64()));
        Assert.Equal(200, entries[^1].GetProperty("status").GetInt32());
    }

    private static async Task MakeAsync(GatewayProcess gateway, HashSet<string> made, int enough, TaskCompletionSource reached)
    {
        try
        {
            while (true)
            {
                string key = (await gateway.Admin.CreateSiteAsync("site")).GetProperty("sitekey").GetString()!;
                lock (made)
                {
                    made.Add(key);
                    if (made.Count >= enough) reached.TrySetResult();
                }
            }
        }
        catch (AdminException exception) when (exception.Status == 0)
        {
            // Killed.
        }
    }

    private static async Task<AdminException?> RefusalAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (AdminException refusal)
        {
            return refusal;
        }
    }

    private static async Task<List<JsonElement>> ReadAllAsync(GatewayProcess gateway)
    {
        List<JsonElement> all = [];
        while (true)
        {
            JsonElement page = await GetAsync(gateway, $"/admin/v1/audit?after={(all.Count == 0 ? 0 : all[^1].GetProperty("seq").GetInt64())}&limit=50");
            if (page.GetProperty("entries").GetArrayLength() == 0) return all;
            all.AddRange(page.GetProperty("entries").EnumerateArray());
        }
    }

    private static async Task<JsonElement> GetAsync(GatewayProcess gateway, string path) => await gateway.Admin.Http.GetFromJsonAsync<JsonElement>(path);

    private static string Action(JsonElement entry) => entry.GetProperty("action").GetString()!;
}
