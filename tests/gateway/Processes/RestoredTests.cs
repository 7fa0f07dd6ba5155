using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>A data directory that came back from a backup lacks the redemptions made since.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I1 I7")]
public sealed class RestoredTests
{
    private readonly RecordedRun run = new();
    private readonly Traffic names = new();

    [Fact]
    public async Task A_restored_ledger_refuses_every_token_issued_before_for_good()
    {
        using TestDirectory directory = new();
        string backup = Path.Combine(directory.Root, "backup");
        MintedToken[] old;
        Submission[] spent;
        await using (GatewayProcess original = await GatewayProcess.StartAsync(directory.Path))
        {
            await run.AddSitesAsync(original.Admin, 2);
            old = await run.MintAsync(original.Admin, 30);
            spent = [.. old[..40].Select((token, number) => Submission.Of(token, number % 2 == 0 ? names.NewKey() : null))];
            await ExpectAsync(original, spent[..20], Verdict.Success);
            Assert.Equal(0, (await original.TerminateAsync()).Code);
        }

        Copy(directory.Path, backup);
        await using (GatewayProcess original = await GatewayProcess.StartAsync(directory.Path))
        {
            await ExpectAsync(original, spent[20..], Verdict.Success);
            Assert.Equal(0, (await original.TerminateAsync()).Code);
        }

        Directory.Move(directory.Path, Path.Combine(directory.Root, "lost"));
        Directory.Move(backup, directory.Path);
        Submission[] rivals = [.. old.Select((token, number) => Submission.Of(token, number % 2 == 0 ? names.NewKey() : null))];
        Submission[] young;
        await using (GatewayProcess restored = await GatewayProcess.StartAsync(directory.Path, "--restored"))
        {
            await ExpectAsync(restored, [.. rivals, .. spent], Verdict.Expired);
            young = await MintAsync(restored);
            await ExpectAsync(restored, young[..20], Verdict.Success);
            Assert.Equal(0, (await restored.TerminateAsync()).Code);
        }

        await using GatewayProcess later = await GatewayProcess.StartAsync(directory.Path);
        await ExpectAsync(later, [.. rivals, .. spent], Verdict.Expired);
        await ExpectAsync(later, young, Verdict.Success);
        await ExpectAsync(later, [.. young.Select(submission => Submission.Of(submission.Token, null))], Verdict.Duplicate);
        await ExpectAsync(later, await MintAsync(later), Verdict.Success);
    }

    private async Task<Submission[]> MintAsync(GatewayProcess gateway) =>
        [.. (await run.MintAsync(gateway.Admin, 20)).Select(token => Submission.Of(token, names.NewKey()))];

    private async Task ExpectAsync(GatewayProcess gateway, Submission[] submissions, Verdict expected)
    {
        foreach (Submission submission in submissions) Assert.Equal(expected, (await run.SendAsync(gateway.Public, submission)).Verdict);
    }

    /// <summary>As a backup would.</summary>
    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string inner in Directory.EnumerateDirectories(from)) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }
}
