using System.Text.Json;
using CaptchaCluster.Tests.Load;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>The load tester against a real gateway. Says nothing of speed: what was promised must hold, however long it takes.</summary>
[Collection(ProcessCollection.Name)]
public sealed class LoadTests : IDisposable
{
    private const string AllKinds = "fresh,duplicate,forged,expired,wrong-secret,retry";

    private readonly TestDirectory directory = new();
    private readonly StringWriter output = new();
    private readonly StringWriter errors = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("--count", "5000")]
    [InlineData("--count", "2000", "--rate", "1000-3000", "--threads", "2", "--connections", "256")]
    [Trait("Invariant", "I1")]
    public async Task Every_verdict_of_every_kind_of_request_is_the_right_one(params string[] how)
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        string json = Path.Combine(directory.Root, "report.json");
        string mix = AllKinds.Replace(",", "=1,") + "=1";
        int code = await RunAsync(gateway, ["--mix", mix, "--duration", "3m", "--timeout", "3m", "--json", json, .. how]);
        Assert.True(code == ExitCode.AllRight, $"{output}\n{errors}");

        using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        Dictionary<string, JsonElement> kinds = report.RootElement.GetProperty("kinds").EnumerateArray().ToDictionary(kind => kind.GetProperty("kind").GetString()!);
        Assert.Equal(AllKinds.Split(','), kinds.Keys);
        Assert.All(kinds.Values, kind => Assert.True(kind.GetProperty("right").GetInt64() > 0));
        Assert.Equal(long.Parse(how[1]), report.RootElement.GetProperty("all").GetProperty("right").GetInt64());
    }

    [Fact]
    public async Task It_leaves_no_site_behind()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        Assert.Equal(ExitCode.AllRight, await RunAsync(gateway, ["--count", "10", "--mix", "fresh=1"]));
        using JsonDocument sites = JsonDocument.Parse(await gateway.Admin.Http.GetStringAsync("/admin/v1/sites"));
        Assert.DoesNotContain("load test", sites.RootElement.GetProperty("sites").EnumerateArray().Select(site => site.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_wrong_admin_key_is_told_in_one_line()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        Assert.Equal(ExitCode.NotRun, await RunAsync(gateway, [], adminKey: "not-the-admin-key-at-all"));
        Assert.Matches("^--admin .* was answered 401 .*\n$", errors.ToString());
    }

    private async Task<int> RunAsync(GatewayProcess gateway, string[] how, string adminKey = GatewayProcess.AdminKey)
    {
        string keyFile = Path.Combine(directory.Root, "admin.key");
        await File.WriteAllTextAsync(keyFile, adminKey);
        string[] arguments =
        [
            "--url", new Uri(gateway.Public.BaseAddress!, "/siteverify").ToString(),
            "--admin", gateway.Admin.Http.BaseAddress!.ToString(),
            "--admin-key-file", keyFile,
            .. how,
        ];
        return await LoadProgram.RunAsync(arguments, TimeProvider.System, output, errors);
    }
}
