using System.Net;
using CaptchaCluster.Tests.History;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>A disk that fails under a running gateway: nothing is granted any more, and after a restart nothing is lost.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I2 I5 I9")]
public sealed class FailedLedgerTests(ITestOutputHelper output)
{
    private const int CallerCount = 16;
    private const int CommitsBeforeTheError = 60;

    private readonly RecordedRun run = new();
    private readonly Traffic names = new();
    private readonly List<Submission> acknowledged = [];
    private readonly List<Submission> undecided = [];

    [FactWithStrace]
    public Task An_fsync_that_fails_from_now_on_ends_all_granting() => FailFsyncAsync($"{CommitsBeforeTheError}+");

    /// <summary>What a later fsync would say is of no interest: after one error nobody knows what is on the disk.</summary>
    [FactWithStrace]
    public Task An_fsync_that_fails_once_ends_all_granting() => FailFsyncAsync($"{CommitsBeforeTheError}");

    [FactWithSmallDisk]
    public async Task A_full_disk_ends_all_granting_until_there_is_room_and_a_restart()
    {
        using SmallDisk disk = new();
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(disk.Data))
        {
            MintedToken[] tokens = await PrepareAsync(gateway);
            await RedeemAsync(gateway, tokens[..40]);
            disk.Fill();
            await RedeemUntilUndecidedAsync(gateway, tokens[40..^10]);
            run.MarkFault("full-disk");
            await AssertSaidAsync(gateway, "No space left on device");
            await AssertNothingIsGrantedAsync(gateway, tokens[^10..^5]);
            Assert.False(await run.Sites[0].RotateAsync(gateway.Admin, immediately: true));

            // Room alone mends nothing: of what was written before nobody knows.
            disk.Free();
            await AssertNothingIsGrantedAsync(gateway, tokens[^5..]);
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        await RestartAsync(disk.Data);
    }

    private async Task FailFsyncAsync(string when)
    {
        using TestDirectory directory = new();
        string log = Path.Combine(directory.Root, "strace.log");
        GatewayCommand command = new(directory.Path) { Launcher = Strace.Launcher(log, when) };
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(command))
        {
            MintedToken[] tokens = await PrepareAsync(gateway);
            await RedeemAsync(gateway, tokens[..(CommitsBeforeTheError / 2)]);
            await RedeemUntilUndecidedAsync(gateway, tokens[(CommitsBeforeTheError / 2)..^10]);
            run.MarkFault("eio");
            await AssertSaidAsync(gateway, "fdatasync", "errno 5");
            await AssertNothingIsGrantedAsync(gateway, tokens[^10..]);
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        string[] injected = [.. File.ReadLines(log).Where(line => line.Contains(Strace.Injected))];
        Assert.NotEmpty(injected);
        Assert.All(injected, line => Assert.Contains("EIO", line));
        Assert.Contains(injected, line => line.Contains(".ledger>"));
        await RestartAsync(directory.Path);
    }

    private async Task<MintedToken[]> PrepareAsync(GatewayProcess gateway)
    {
        await run.AddSitesAsync(gateway.Admin, 2);
        MintedToken[] tokens = await run.MintAsync(gateway.Admin, 6000); // more than what is reserved on the disk takes in
        new Random(ProcessSeed.Value).Shuffle(tokens);
        return tokens;
    }

    /// <summary>One after the other, each a commit of its own; every other with a key.</summary>
    private async Task RedeemAsync(GatewayProcess gateway, MintedToken[] tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            Submission submission = Submission.Of(tokens[i], i % 2 == 0 ? names.NewKey() : null);
            Assert.Equal(Verdict.Success, (await run.SendAsync(gateway.Public, submission)).Verdict);
            acknowledged.Add(submission);
        }
    }

    /// <summary>Many at once, until each caller has been told that the outcome is unknown.</summary>
    private async Task RedeemUntilUndecidedAsync(GatewayProcess gateway, MintedToken[] tokens)
    {
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, CallerCount).Select(async caller =>
        {
            while (true)
            {
                int number = Interlocked.Increment(ref next);
                Assert.True(number < tokens.Length, "The disk has failed long since, and still verifications succeed.");
                Submission submission = Submission.Of(tokens[number], caller % 2 == 0 ? names.NewKey() : null);
                Answer answer = await run.SendAsync(gateway.Public, submission);
                if (!answer.IsUndecided) Assert.Equal(Verdict.Success, answer.Verdict);
                List<Submission> told = answer.IsUndecided ? undecided : acknowledged;
                lock (told) told.Add(submission);
                if (answer.IsUndecided) return;
            }
        }));
    }

    private static Task AssertSaidAsync(GatewayProcess gateway, params string[] words) =>
        gateway.Output.FirstAsync(line => line.Contains(" level=critical ") && words.All(line.Contains)).WaitAsync(GatewayProcess.Patience);

    private async Task AssertNothingIsGrantedAsync(GatewayProcess gateway, MintedToken[] fresh)
    {
        Submission keyed = acknowledged.Last(submission => submission.IdempotencyKey is not null);
        Submission[] needTheLedger =
        [
            .. fresh.Select(token => Submission.Of(token, names.NewKey())),
            .. undecided,
            keyed,
            Submission.Of(keyed.Token, names.NewKey()),
            Submission.Of(keyed.Token, null),
        ];
        foreach (Submission submission in needTheLedger)
        {
            Answer answer = await run.SendAsync(gateway.Public, submission);
            Assert.True(answer.IsUndecided, $"{answer} without a ledger");
        }

        undecided.AddRange(needTheLedger.Take(fresh.Length));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await gateway.HealthAsync("/healthz/ready"));
        Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/live"));

        // What needs no ledger is judged as ever.
        Submission foreign = Submission.Of(keyed.Token, null) with { Site = Other(keyed.Site), Secret = Other(keyed.Site).Newest };
        Assert.Equal(Verdict.Refused, (await run.SendAsync(gateway.Public, foreign)).Verdict);
    }

    private async Task RestartAsync(string dataDirectory)
    {
        int spentWithoutReply = 0;
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(dataDirectory))
        {
            Assert.Equal(HttpStatusCode.OK, await gateway.HealthAsync("/healthz/ready"));
            foreach (RecordedSite site in run.Sites) await site.SettleAsync(gateway.Admin);
            foreach (Submission submission in acknowledged)
            {
                if (submission.IdempotencyKey is not null) Assert.Equal(Verdict.Success, await TellAsync(submission.Again()));
                Assert.Equal(Verdict.Duplicate, await TellAsync(Submission.Of(submission.Token, names.NewKey())));
            }

            foreach (Submission submission in undecided)
            {
                Verdict verdict = await TellAsync(submission.Again());
                if (submission.IdempotencyKey is null && verdict == Verdict.Duplicate) spentWithoutReply++;
                else Assert.Equal(Verdict.Success, verdict);
            }

            Assert.Equal(0, (await gateway.TerminateAsync()).Code);

            async Task<Verdict> TellAsync(Submission submission) => (await run.SendAsync(gateway.Public, submission)).Verdict;
        }

        MinimumCounts minimum = new() { Success = 40, Duplicate = 40, Replays = 20, Unknown = CallerCount };
        JudgedRun judged = run.Judge(dataDirectory, minimum, ProcessSeed.Value);
        output.WriteLine($"{judged.Counts}; {undecided.Count} undecided, of those without a key {spentWithoutReply} had spent their token");
    }

    private RecordedSite Other(RecordedSite site) => run.Sites.First(other => other != site);
}
