using System.Diagnostics;
using CaptchaCluster.Tests.History;
using Xunit.Abstractions;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>
/// Owners change their sites one call after the other while callers verify with every secret there ever was. Each token has
/// one idempotency key, so whatever is not granted is refused for its secret alone.
/// </summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I8")]
public sealed class SiteChangesUnderLoadTests(ITestOutputHelper output)
{
    private const int CallerCount = 16;
    private const int TokensPerSite = 1500;
    private const int Rotating = 0, Switched = 1, Graceful = 2, Deleted = 3, RotatingBothWays = 4, Count = 5;

    private const int LeastAnswers = 4000;

    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(3.5);

    private readonly RecordedRun run = new();
    private readonly List<MintedToken[]> tokens = [];

    [Fact]
    public async Task A_change_that_has_returned_holds_for_every_request_that_starts_later()
    {
        using TestDirectory directory = new();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path);
        await run.AddSitesAsync(gateway.Admin, Count);
        foreach (RecordedSite site in run.Sites) tokens.Add(await run.MintAsync(gateway.Admin, site, TokensPerSite));

        Callers callers = new(run, gateway.Public, Next, ExpectOnlySecretsToMatter);
        callers.Start(CallerCount, ProcessSeed.Value);
        await callers.WhenAnsweredAsync(500);
        await ChangeSitesAsync(gateway, callers);
        await callers.StopAsync();
        Assert.Empty(callers.Unanswered);
        Assert.Equal(0, (await gateway.TerminateAsync()).Code);

        MinimumCounts minimum = new() { Success = LeastAnswers / 2, InvalidSecret = LeastAnswers / 8, Rotations = 8 };
        JudgedRun judged = run.Judge(directory.Path, minimum, ProcessSeed.Value);
        int overlapping = AssertChangesHeld(judged.History);
        output.WriteLine($"{judged.Counts}; {judged.History.SiteOperations.Count} changes, overlapped by {overlapping} verifications");
    }

    private IReadOnlyList<Submission> Next(Random random)
    {
        RecordedSite site = run.Sites[random.Next(Count)];
        return [SubmissionOf(site, random.Next(2) == 0 ? site.Newest : site.Secrets[random.Next(site.Secrets.Count)], random)];
    }

    private Submission SubmissionOf(RecordedSite site, IssuedSecret secret, Random random)
    {
        MintedToken token = tokens[site.Number][random.Next(TokensPerSite)];
        return new Submission(token, site, secret, $"submission of {token.Position}");
    }

    private static void ExpectOnlySecretsToMatter(Submission submission, Answer answer)
    {
        if (answer.Verdict is not (Verdict.Success or Verdict.InvalidSecret))
            throw new InvalidOperationException($"{answer} at site {submission.Site.Number}; {ProcessSeed.Describe(ProcessSeed.Value)}");
    }

    private async Task ChangeSitesAsync(GatewayProcess gateway, Callers callers)
    {
        Random random = new(ProcessSeed.Value);
        AdminClient admin = gateway.Admin;
        Assert.True(await run.Sites[Graceful].RotateAsync(admin, immediately: false));
        for (Stopwatch elapsed = Stopwatch.StartNew(); elapsed.Elapsed < LeastTime || callers.Answered < LeastAnswers;)
        {
            Assert.True(await run.Sites[Rotating].RotateAsync(admin, immediately: true));
            await ExpectAsync(Rotating, valid: 1);
            Assert.True(await run.Sites[Switched].SetDisabledAsync(admin, disabled: true));
            await ExpectAsync(Switched, valid: 0);
            Assert.True(await run.Sites[RotatingBothWays].RotateAsync(admin, immediately: false));
            await ExpectAsync(RotatingBothWays, valid: 2);
            Assert.True(await run.Sites[Switched].SetDisabledAsync(admin, disabled: false));
            await ExpectAsync(Switched, valid: 1);
            Assert.True(await run.Sites[RotatingBothWays].RotateAsync(admin, immediately: true));
            await ExpectAsync(RotatingBothWays, valid: 1);
            Assert.True(await run.Sites[Deleted].RotateAsync(admin, immediately: true));
            await ExpectAsync(Graceful, valid: 2);
        }

        await run.Sites[Deleted].DeleteAsync(admin);
        await ExpectAsync(Deleted, valid: 0);

        // All secrets at once: the newest ones are valid, no other is.
        async Task ExpectAsync(int number, int valid)
        {
            RecordedSite site = run.Sites[number];
            IssuedSecret[] secrets = [.. site.Secrets.TakeLast(4)];
            IEnumerable<Submission> submissions = secrets.Select(secret => SubmissionOf(site, secret, random));
            Answer[] answers = await Task.WhenAll(submissions.Select(submission => run.SendAsync(gateway.Public, submission)));
            for (int i = 0; i < secrets.Length; i++)
                Assert.Equal(new Answer(i >= secrets.Length - valid ? Verdict.Success : Verdict.InvalidSecret), answers[i]);
        }
    }

    /// <summary>The checker's rules for sites once more, without its generality. Returns how many verifications a change met.</summary>
    private static int AssertChangesHeld(RecordedHistory history)
    {
        int overlapping = 0;
        ILookup<int, SiteOperation> operations = history.SiteOperations.OrderBy(operation => operation.Call).ToLookup(operation => operation.Site);
        foreach (IGrouping<int, AttemptOperation> attempts in history.Attempts.OrderBy(attempt => attempt.Call).GroupBy(attempt => attempt.Site))
        {
            SiteOperation[] changes = [.. operations[attempts.Key]]; // one after the other
            SiteState state = new(OldestValid: 0, IsDisabled: false);
            int past = 0;
            foreach (AttemptOperation attempt in attempts)
            {
                for (; past < changes.Length && changes[past].Return < attempt.Call; past++) state = state.After(changes[past]);
                SiteOperation[] during = [.. changes.Skip(past).TakeWhile(operation => operation.Call <= attempt.Return)];
                if (during.Length > 0) overlapping++;
                bool mayChange = during.Any(operation => IsEndedBy(operation, attempt.Generation) || operation.Kind == SiteOperationKind.Enable);
                Verdict right = state.Accepts(attempt.Generation) ? Verdict.Success : Verdict.InvalidSecret;
                if (!mayChange) Assert.True(attempt.Verdict == right, $"{attempt} must be {right}; {ProcessSeed.Describe(ProcessSeed.Value)}");
            }
        }

        Assert.True(overlapping > 0, "No change met a verification.");
        return overlapping;
    }

    private static bool IsEndedBy(SiteOperation operation, int generation) => operation.Kind switch
    {
        SiteOperationKind.RotateImmediate => generation < operation.NewGeneration,
        SiteOperationKind.RotateGraceful => generation < operation.NewGeneration - 1,
        SiteOperationKind.Disable or SiteOperationKind.Delete => true,
        SiteOperationKind.Enable => false,
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    private readonly record struct SiteState(int OldestValid, bool IsDisabled)
    {
        public bool Accepts(int generation) => !IsDisabled && generation >= OldestValid;

        public SiteState After(SiteOperation operation) => operation.Kind switch
        {
            SiteOperationKind.RotateImmediate => this with { OldestValid = operation.NewGeneration },
            SiteOperationKind.RotateGraceful => this with { OldestValid = Math.Max(OldestValid, operation.NewGeneration - 1) },
            SiteOperationKind.Disable => this with { IsDisabled = true },
            SiteOperationKind.Enable => this with { IsDisabled = false },
            SiteOperationKind.Delete => this with { OldestValid = int.MaxValue },
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        };
    }
}
