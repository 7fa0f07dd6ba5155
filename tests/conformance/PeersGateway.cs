using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace CaptchaCluster.Tests.Conformance;

/// <summary>Two gateways, processes of their own: one that is well, and one whose disk has failed. And an address where nobody listens.</summary>
public sealed class PeersGateway : IAsyncLifetime
{
    private const int CommitsBeforeTheError = 20;

    private readonly TestDirectory directory = new();
    private readonly TestDirectory failedDirectory = new();
    private readonly Socket nobody = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private GatewayProcess gateway = null!;
    private GatewayProcess? failed;
    private Queue<Call> undecided = [];
    private Uri nobodysAddress = null!;

    public async Task InitializeAsync()
    {
        gateway = await GatewayProcess.StartAsync(directory.Path, "--Gateway:AllowGetVerification=true");
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, so that nobody else gets it, and not listening
        nobodysAddress = new Uri($"http://{nobody.LocalEndPoint}");
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        if (failed is not null) await failed.DisposeAsync();
        nobody.Dispose();
        directory.Dispose();
        failedDirectory.Dispose();
    }

    /// <summary>Brings about what a scenario is about, for a site of its own.</summary>
    internal async Task<Call> PrepareAsync(Scenario scenario)
    {
        if (scenario == Scenario.Undecided) return await PrepareUndecidedAsync();
        Call call = await FreshAsync(gateway);
        switch (scenario)
        {
            case Scenario.Success:
                return call;
            case Scenario.WrongSecret:
                return call with { Secret = (await FreshAsync(gateway)).Secret[..^1] + "_" };
            case Scenario.RotatedSecret:
                await gateway.Admin.RotateAsync(call.SiteKey, immediately: true, Guid.NewGuid().ToString());
                return call;
            case Scenario.Duplicate:
                await VerifyAsync(gateway, call);
                return call;
            case Scenario.Expired:
                string token = Assert.Single(await gateway.Admin.MintAsync(call.SiteKey, 1, ttlSeconds: 1));
                await ExpiredAsync(token);
                return call with { Token = token };
            case Scenario.Malformed:
                return call with { Token = call.Token[..^1] };
            case Scenario.OtherSite:
                return call with { Token = (await FreshAsync(gateway)).Token };
            case Scenario.WrongSiteKey:
                return call with { SiteKey = (await FreshAsync(gateway)).SiteKey };
            case Scenario.Down:
                return call with { Gateway = nobodysAddress };
            default:
                throw new ArgumentOutOfRangeException(nameof(scenario), scenario, "not a scenario");
        }
    }

    /// <summary>Whether the token could still be redeemed: by redeeming it.</summary>
    internal async Task<bool> IsUnspentAsync(Call call) => (await VerifyAsync(gateway, call)).GetProperty("success").GetBoolean();

    private static async Task<Call> FreshAsync(GatewayProcess gateway)
    {
        JsonElement site = await gateway.Admin.CreateSiteAsync("conformance");
        string key = site.GetProperty("sitekey").GetString()!;
        return new Call(
            gateway.Public.BaseAddress!, site.GetProperty("secret").GetString()!, Assert.Single(await gateway.Admin.MintAsync(key, 1, ttlSeconds: 600)), key);
    }

    private static async Task<JsonElement> VerifyAsync(GatewayProcess gateway, Call call)
    {
        using HttpResponseMessage response = await gateway.Public.PostAsJsonAsync("/siteverify", new { secret = call.Secret, response = call.Token });
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task ExpiredAsync(string token)
    {
        using CancellationTokenSource patience = new(GatewayProcess.Patience);
        string? state = null;
        while (state != "expired")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), patience.Token);
            using HttpResponseMessage response = await gateway.Admin.Http.PostAsJsonAsync("/admin/v1/tokens/inspect", new { token }, patience.Token);
            state = (await response.Content.ReadFromJsonAsync<JsonElement>(patience.Token)).GetProperty("state").GetString();
        }
    }

    private async Task<Call> PrepareUndecidedAsync()
    {
        if (failed is null)
        {
            failed = await GatewayProcess.StartAsync(new GatewayCommand(failedDirectory.Path)
            {
                Launcher = Strace.Launcher(Path.Combine(failedDirectory.Root, "strace.log"), $"{CommitsBeforeTheError}+"),
                Arguments = ["--Gateway:AllowGetVerification=true"],
            });
            Call call = await FreshAsync(failed);
            undecided = new(from token in await failed.Admin.MintAsync(call.SiteKey, 10 * CommitsBeforeTheError, ttlSeconds: 600) select call with { Token = token });
            bool granted;
            do granted = (await VerifyAsync(failed, undecided.Dequeue())).GetProperty("success").GetBoolean();
            while (granted);
        }

        return undecided.Dequeue();
    }
}
