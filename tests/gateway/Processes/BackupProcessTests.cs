using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.History;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>From a node under load to another one over its backup.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I1 I2")]
public sealed class BackupProcessTests(ITestOutputHelper output)
{
    private const int CallerCount = 16;

    private readonly RecordedRun run = new();
    private readonly Traffic traffic = new();

    [Fact]
    public async Task A_backup_under_load_holds_what_was_acknowledged_and_its_start_refuses_every_older_token()
    {
        using TestDirectory directory = new();
        MintedToken[] old;
        string[] backups = [.. Enumerable.Range(0, 4).Select(number => Path.Combine(directory.Root, $"backup-{number}"))];
        IssuedSecret[] known, newer;
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path))
        {
            await run.AddSitesAsync(gateway.Admin, 3);
            old = await run.MintAsync(gateway.Admin, 3000);
            traffic.Add(old[..^20]);
            Callers callers = new(run, gateway.Public, traffic.Next, traffic.Learn);
            callers.Start(CallerCount, ProcessSeed.Value);
            foreach (string backup in backups) await BackUpUnderLoadAsync(gateway, callers, backup);
            await callers.WhenAnsweredAsync(callers.Answered + 500);
            await callers.StopAsync();
            Assert.Empty(callers.Unanswered);
            known = [.. run.Sites.Select(site => site.Newest)];
            foreach (RecordedSite site in run.Sites) Assert.True(await site.RotateAsync(gateway.Admin, immediately: true));
            newer = [.. run.Sites.Select(site => site.Newest)];
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        JudgedRun judged = run.Judge(directory.Path, new() { Success = 1000, Duplicate = 100, Replays = 50 }, ProcessSeed.Value);
        output.WriteLine($"{judged.Counts}");
        await RestoreAsync(backups[^1], old, known, newer);
    }

    [Fact]
    public async Task A_backup_that_a_kill_cut_off_is_marked_and_never_started()
    {
        using TestDirectory directory = new();
        for (int number = 0; ; number++)
        {
            Assert.True(number < 20, "No kill met a backup before its end.");
            string folder = Path.Combine(directory.Root, $"backup-{number}");
            Directory.CreateDirectory(folder);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
            for (int i = 0; number == 0 && i < 300; i++) await gateway.Admin.CreateSiteAsync($"site {i}");
            using FileSystemWatcher watcher = new(folder);
            watcher.Created += (_, created) =>
            {
                if (created.Name == "ledger") gateway.Kill();
            };
            watcher.EnableRaisingEvents = true;
            try
            {
                await PostAsync(gateway, folder);
                gateway.Kill();
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // Killed.
            }

            await gateway.EndedAsync();
            GatewayExit exit = await GatewayProcess.StartRefusedAsync(folder);
            Assert.Contains($"'{folder}'", exit.Errors);
            if (!exit.Errors.Contains("is an unfinished backup")) continue;
            exit = await GatewayProcess.StartRefusedAsync(folder, "--restored");
            Assert.Contains("is an unfinished backup", exit.Errors);
            Assert.DoesNotContain('\n', exit.Errors);
            break;
        }

        // The node it was taken of is as it was.
        await using GatewayProcess again = await GatewayProcess.StartAsync(directory.Path);
        Assert.Equal(HttpStatusCode.OK, await again.HealthAsync("/healthz/ready"));
    }

    [FactWithSmallDisk]
    public async Task A_full_disk_under_the_backup_fails_it_alone_and_leaves_nothing()
    {
        using TestDirectory directory = new();
        using SmallDisk disk = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        await run.AddSitesAsync(gateway.Admin, 2);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, 100);
        foreach (MintedToken token in tokens[..100]) await ExpectAsync(gateway, Verdict.Success, token);
        disk.Fill();
        (HttpStatusCode status, JsonElement reply) = await PostAsync(gateway, disk.Data);
        Assert.Equal((HttpStatusCode.InternalServerError, "backup-failed"), (status, reply.GetProperty("error").GetString()));
        Assert.Contains("No space left on device", reply.GetProperty("message").GetString());
        Assert.EndsWith("Nothing was left in the folder.", reply.GetProperty("message").GetString());
        Assert.False(Directory.Exists(disk.Data));
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/ready"));
        foreach (MintedToken token in tokens[100..]) await ExpectAsync(gateway, Verdict.Success, token);
        disk.Free();
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(gateway, disk.Data)).Status);
        Assert.Equal(200, TokensIn(disk.Data).Count);
    }

    private async Task BackUpUnderLoadAsync(GatewayProcess gateway, Callers callers, string folder)
    {
        await callers.WhenAnsweredAsync(callers.Answered + 400);
        IReadOnlyCollection<Submission> acknowledged = traffic.Acknowledged;
        long before = callers.Answered;
        (HttpStatusCode status, JsonElement reply) = await PostAsync(gateway, folder);
        long meanwhile = callers.Answered - before;
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(folder, reply.GetProperty("folder").GetString());
        HashSet<UInt128> copied = TokensIn(folder);
        Assert.All(acknowledged, submission => Assert.Contains(MintedToken.Read(submission.Token.Text).Id, copied));
        output.WriteLine($"{copied.Count} redemptions copied, {acknowledged.Count} of them acknowledged before; {meanwhile} verifications answered meanwhile");
    }

    private async Task RestoreAsync(string backup, MintedToken[] old, IssuedSecret[] known, IssuedSecret[] newer)
    {
        GatewayExit refused = await GatewayProcess.StartRefusedAsync(backup);
        Assert.Equal(2, refused.Code);
        Assert.DoesNotContain('\n', refused.Errors);
        Assert.Contains($"'{backup}' is a backup of", refused.Errors);
        MintedToken[] young;
        await using (GatewayProcess restored = await GatewayProcess.StartAsync(backup, "--restored"))
        {
            // Spent before the backup, spent after it, never spent.
            await Parallel.ForEachAsync(old, async (token, _) =>
            {
                Submission submission = Submission.Of(token, traffic.NewKey()) with { Secret = known[token.Site.Number] };
                Assert.Equal(Verdict.Expired, (await run.SendAsync(restored.Public, submission)).Verdict);
            });
            foreach (Submission submission in traffic.Acknowledged)
                Assert.Equal(Verdict.Expired, (await run.SendAsync(restored.Public, submission with { Secret = known[submission.Token.Site.Number], Site = submission.Token.Site })).Verdict);

            // A rotation made after the backup is undone by it, which the drills tell.
            young = await run.MintAsync(restored.Admin, 20);
            foreach (MintedToken token in young)
            {
                Submission submission = Submission.Of(token, null) with { Secret = newer[token.Site.Number] };
                Assert.Equal(Verdict.InvalidSecret, (await run.SendAsync(restored.Public, submission)).Verdict);
                submission = submission with { Secret = known[token.Site.Number] };
                Assert.Equal(Verdict.Success, (await run.SendAsync(restored.Public, submission)).Verdict);
                Assert.Equal(Verdict.Duplicate, (await run.SendAsync(restored.Public, submission)).Verdict);
            }

            Assert.Equal(0, (await restored.TerminateAsync()).Code);
        }

        await using GatewayProcess later = await GatewayProcess.StartAsync(backup);
        foreach (MintedToken token in young)
            Assert.Equal(Verdict.Duplicate, (await run.SendAsync(later.Public, Submission.Of(token, null) with { Secret = known[token.Site.Number] })).Verdict);
        foreach (MintedToken token in old[^20..])
            Assert.Equal(Verdict.Expired, (await run.SendAsync(later.Public, Submission.Of(token, null) with { Secret = known[token.Site.Number] })).Verdict);
    }

    private async Task ExpectAsync(GatewayProcess gateway, Verdict expected, MintedToken token) =>
        Assert.Equal(expected, (await run.SendAsync(gateway.Public, Submission.Of(token, null))).Verdict);

    private static async Task<(HttpStatusCode Status, JsonElement Reply)> PostAsync(GatewayProcess gateway, string folder)
    {
        using HttpResponseMessage response = await gateway.Admin.Http.PostAsJsonAsync("/admin/v1/backup", new { folder });
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>By the recovery that a start makes.</summary>
    private static HashSet<UInt128> TokensIn(string folder)
    {
        HashSet<UInt128> tokens = [];
        new LedgerRecovery(
            new PosixDisk(LedgerOnDisk.DirectoryOf(folder)),
            fact => tokens.Add(new UInt128(fact.Token.High, fact.Token.Low)),
            notice => throw new InvalidDataException(notice)).Run();
        return tokens;
    }
}
