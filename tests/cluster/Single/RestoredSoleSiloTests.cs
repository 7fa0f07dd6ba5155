using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Postgres.Server;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Cluster.Single;

[Collection(PostgresCollection.Name)] // none of the others is to take the processors meanwhile
public sealed class RestoredSoleSiloTests
{
    /// <summary>
    /// The gateway runs on. It has judged tokens by what the ledger said before, and knows sites as they were changed since the
    /// backup: by the numbers of those changes it would take what is back for older.
    /// </summary>
    [Fact]
    [Trait("Invariant", "I1 I8")]
    public async Task Over_a_restored_directory_a_gateway_that_ran_on_refuses_older_tokens_and_obeys_the_sites_that_are_back()
    {
        await using SoleSilo sole = new();
        GatewayProcess silo = await sole.StartSiloAsync();
        GatewayProcess gateway = await sole.StartGatewayAsync();
        RecordedRun run = new();
        await run.AddSitesAsync(gateway.Admin, 2);
        RecordedSite site = run.Sites[0];
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, site, 30);
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        string backup = Path.Combine(sole.Root, "backup");
        Copy(sole.DataDirectory, backup);

        silo = await sole.StartSiloAsync();
        for (int i = 0; i < 2; i++) await SoleSilo.RotateAsync(site, gateway);
        Assert.Equal(Verdict.Success, await VerdictAsync(Submission.Of(tokens[0], "spent since the backup")));
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        Directory.Move(sole.DataDirectory, Path.Combine(sole.Root, "lost"));
        Directory.Move(backup, sole.DataDirectory);
        await sole.StartSiloAsync("--restored");

        IssuedSecret kept = site.Secrets[0];
        foreach (MintedToken token in tokens) Assert.Equal(Verdict.Expired, await VerdictAsync(Submission.Of(token, null) with { Secret = kept }));
        Submission young = Submission.Of((await run.MintAsync(gateway.Admin, site, 1))[0], "first") with { Secret = kept };
        Assert.Equal(Verdict.Success, await VerdictAsync(young));
        await gateway.Admin.RotateAsync(site.Key.ToString(), immediately: true, $"rotation-{Guid.NewGuid()}");
        await gateway.Admin.RotateAsync(site.Key.ToString(), immediately: true, $"rotation-{Guid.NewGuid()}");
        foreach (IssuedSecret secret in site.Secrets) Assert.Equal(Verdict.InvalidSecret, await VerdictAsync(young with { Secret = secret }));

        async Task<Verdict> VerdictAsync(Submission submission)
        {
            using CancellationTokenSource patience = new(GatewayProcess.Patience);
            while (true)
            {
                Verdict verdict = (await run.SendAsync(gateway.Public, submission)).Verdict;
                if (verdict != Verdict.Unknown) return verdict;
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>As a backup would.</summary>
    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string inner in Directory.EnumerateDirectories(from)) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }
}
