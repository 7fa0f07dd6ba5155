using System.Net.Http.Json;
using System.Text.Json;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Tests.Gateway.Admin;

/// <summary>A copy of everything, made while the node runs.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TestDirectory directory = new();
    private readonly DirectoryInfo target = Directory.CreateTempSubdirectory("captchacluster-backup-");

    private string Folder => Path.Combine(target.FullName, "one");

    public void Dispose()
    {
        directory.Dispose();
        target.Delete(recursive: true);
    }

    [Fact]
    public async Task It_holds_everything_but_the_lock_and_says_so()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync(), deleted = await gateway.CreateSiteAsync();
        await gateway.AdminAsync("DELETE", $"/admin/v1/sites/{deleted.Key}");
        await gateway.AdminAsync("POST", "/admin/v1/keys");
        await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site));
        Reply reply = await BackUpAsync(gateway);
        Assert.Equal((201, Folder, "2026-11-20T22:15:00Z", 3), (reply.Status, reply.String("folder"), reply.String("begun_at"), reply.Json.GetProperty("sites").GetInt32()));
        Assert.Contains("as secret as the data directory", reply.String("warning"));

        string[] files = [.. FilesOf(Folder).Except(["backup.json"])];
        Assert.Equal(FilesOf(directory.Path).Except(["lock"]), files);
        Assert.Equal((files.Length, files.Sum(file => new FileInfo(Path.Combine(Folder, file)).Length)), (reply.Json.GetProperty("files").GetInt32(), reply.Json.GetProperty("bytes").GetInt64()));
        foreach (string file in files.Where(file => file != "audit.log"))
            Assert.True(WithoutReserved(Path.Combine(directory.Path, file)).SequenceEqual(WithoutReserved(Path.Combine(Folder, file))), file);
        Assert.Contains("\"phase\":\"started\",\"action\":\"backup\"", File.ReadLines(Path.Combine(Folder, "audit.log")).Last());
    }

    [Fact]
    public async Task Keys_that_are_configured_are_not_in_it()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(
            directory, null, $"--Tokens:Keys:k1={Convert.ToBase64String(new byte[32])}", "--Tokens:SigningKey=k1", "--Gateway:AdminKey=the-key-of-this-test");
        Assert.Equal(201, (await BackUpAsync(gateway)).Status);
        Assert.DoesNotContain("keys.json", FilesOf(Folder));
        Assert.DoesNotContain("admin.key", FilesOf(Folder));
    }

    [Fact]
    public async Task A_folder_that_cannot_take_it_is_refused_and_left_alone()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "mine"), "");
        foreach ((string folder, int status, string message) in new[]
        {
            (Folder, 409, "The folder is not empty, and nothing in it was touched; name a new one."),
            ("backup", 400, "'folder' must be an absolute path on the node's machine."),
            (Path.Combine(Folder, "none", "backup"), 400, "'folder' must be an empty folder, or a new one in a folder that is there."),
            (Path.Combine(Folder, "mine"), 400, "'folder' must be a folder, and this is a file."),
            (Path.Combine(directory.Path, "backup"), 400, "'folder' must be outside the data directory."),
            ("/tmp/a\nb", 400, "'folder' must be without control characters."),
            ("/" + new string('x', 512), 400, "'folder' must be a string of 1 to 512 characters."),
        })
        {
            Reply reply = await BackUpAsync(gateway, folder);
            Assert.Equal((status, message), (reply.Status, reply.Message));
        }

        Assert.Equal("'folder' must be given.", (await gateway.AdminAsync("POST", "/admin/v1/backup")).Message);
        Assert.Equal(["mine"], FilesOf(Folder));
    }

    [Fact]
    public async Task One_that_fails_says_why_leaves_nothing_and_the_node_goes_on()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(directory);
        TestSite site = await gateway.CreateSiteAsync();
        Reply refused = await BackUpAsync(gateway, "/proc/self/new");
        Assert.Equal((500, "backup-failed"), (refused.Status, refused.Error));
        Assert.Contains("'/proc/self/new'", refused.Message);

        // What was acknowledged once is damaged now: found out today, not on the day when the backup is needed.
        await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site));
        string segment = Directory.GetFiles(Path.Combine(directory.Path, "ledger")).Single();
        byte[] bytes = File.ReadAllBytes(segment);
        int inside = WithoutReserved(segment).Length - 20;
        File.WriteAllBytes(segment, [.. bytes[..inside], (byte)(bytes[inside] ^ 1), .. bytes[(inside + 1)..]]);
        Reply damaged = await BackUpAsync(gateway);
        Assert.Equal((500, "backup-failed"), (damaged.Status, damaged.Error));
        Assert.Contains("is damaged at offset", damaged.Message);
        Assert.False(Directory.Exists(Folder));
        File.WriteAllBytes(segment, bytes);
        Assert.Equal(201, (await BackUpAsync(gateway)).Status);
        Assert.True((await gateway.VerifyAsync(site.Secret, await gateway.MintAsync(site))).Success);
    }

    [Fact]
    public async Task The_end_of_the_node_breaks_it_off_or_waits_for_it()
    {
        TestGateway gateway = await TestGateway.StartAsync(directory);
        for (int i = 0; i < 50; i++) await gateway.CreateSiteAsync();
        using HttpClient client = new() { BaseAddress = gateway.AdminAddress };
        client.DefaultRequestHeaders.Authorization = gateway.Admin.DefaultRequestHeaders.Authorization;
        Task<HttpResponseMessage> backup = client.PostAsync("/admin/v1/backup", JsonContent.Create(new { folder = Folder }));
        while (!File.Exists(Path.Combine(Folder, "backup.json")) && !backup.IsCompleted) await Task.Yield();
        await gateway.DisposeAsync();
        Reply reply = await Reply.ReadAsync(await backup);
        Assert.True(reply.Status == 201 || reply.Message == "The node is ending. Nothing was left in the folder.", $"{reply.Status} {reply.Text}");
        Assert.Equal(reply.Status == 201, Directory.Exists(Folder));
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public async Task A_start_over_it_needs_to_be_told_and_refuses_all_that_was_issued_before()
    {
        ManualClock clock = new();
        string unspent, spentLater;
        TestSite site;
        await using (TestGateway gateway = await TestGateway.StartAsync(directory, clock))
        {
            site = await gateway.CreateSiteAsync();
            (unspent, spentLater) = (await gateway.MintAsync(site), await gateway.MintAsync(site));
            Assert.Equal(201, (await BackUpAsync(gateway)).Status);
            Assert.True((await gateway.VerifyAsync(site.Secret, spentLater)).Success);
        }

        string overCopy = $"--Gateway:DataDirectory={Folder}";
        StartupException refusal = await Assert.ThrowsAsync<StartupException>(() => TestGateway.StartAsync(directory, clock, overCopy));
        Assert.Equal(
            $"The data directory '{Folder}' is a backup of 2026-11-20T22:15:00Z: it does not know what was redeemed since. "
            + "Start with --restored, which refuses every token issued before.",
            refusal.Message);
        clock.Advance(1);
        await using (TestGateway restored = await TestGateway.StartAsync(directory, clock, overCopy, "--restored"))
        {
            foreach (string token in new[] { unspent, spentLater }) Assert.Equal("expired", (await restored.VerifyAsync(site.Secret, token)).String("reason"));
            Assert.True((await restored.VerifyAsync(site.Secret, await restored.MintAsync(site))).Success);
        }

        await using TestGateway later = await TestGateway.StartAsync(directory, clock, overCopy);
        Assert.Equal("expired", (await later.VerifyAsync(site.Secret, unspent)).String("reason"));
    }

    private Task<Reply> BackUpAsync(TestGateway gateway, string? folder = null) =>
        gateway.AdminAsync("POST", "/admin/v1/backup", JsonSerializer.Serialize(new { folder = folder ?? Folder }));

    // A segment that is being written ends with zeros, which are not copied.
    private static byte[] WithoutReserved(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes[..(Array.FindLastIndex(bytes, value => value != 0) + 1)];
    }

    private static string[] FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
}
