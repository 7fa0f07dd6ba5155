using System.Diagnostics;
using CaptchaCluster.Tests.Fuzz.Mutation;

namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>Gives the parsers the corpus, and then spoiled inputs in blocks, each of which follows from the seed and its number.</summary>
internal sealed class FuzzRun(FuzzOptions options)
{
    private const int BlockSize = 1000;

    private readonly FuzzTarget[] targets =
        [.. FuzzTargets.All.Where(target => options.Targets.Count == 0 || options.Targets.Contains(target.Name))];

    private long nextBlock = -1;

    /// <param name="cancelled">What was done until then counts.</param>
    public FuzzReport Run(CancellationToken cancelled)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        Dictionary<FuzzTarget, TargetTally> tallies = targets.ToDictionary(target => target, target => new TargetTally(target.Name));
        foreach (FuzzTarget target in targets)
        {
            foreach ((string name, byte[] input) in Corpus.Of(target.Name)) Judge(target, input, $"corpus {name}", tallies[target]);
        }

        // As many of each in a hundred blocks as its share, well mixed.
        FuzzTarget[] turns = [.. targets.SelectMany(target => Enumerable.Repeat(target, target.Share))];
        new Random(options.Seed).Shuffle(turns);
        long blocks = (options.Inputs + BlockSize - 1) / BlockSize;
        Parallel.For(0, options.Threads, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, _ =>
        {
            for (long block = Next(); block < blocks && !cancelled.IsCancellationRequested; block = Next())
            {
                FuzzTarget target = turns[block % turns.Length];
                RunBlock(target, block, tallies[target]);
            }
        });

        FuzzReport report = new(options, elapsed.Elapsed, [.. tallies.Values]);
        if (options.Findings is { } folder)
        {
            foreach (Finding finding in report.Findings) Corpus.Add(folder, finding.Target, finding.Input);
        }

        return report;

        long Next() => Interlocked.Increment(ref nextBlock);
    }

    private void RunBlock(FuzzTarget target, long block, TargetTally tally)
    {
        Random random = new(unchecked((options.Seed * 1_000_003) + (int)block));
        int accepted = 0;
        for (int i = 0; i < BlockSize; i++)
        {
            if (Judge(target, target.Next(random), $"seed {options.Seed}, block {block}, input {i}", tally)) accepted++;
        }

        tally.Add(accepted, BlockSize - accepted);
    }

    private static bool Judge(FuzzTarget target, byte[] input, FormattableString origin, TargetTally tally)
    {
        try
        {
            Judgement judgement = target.Judge(input);
            if (judgement.Wrong is { } wrong) tally.Add(new Finding(target.Name, origin.ToString(), input, wrong));
            return judgement.IsAccepted;
        }
        catch (Exception exception)
        {
            tally.Add(new Finding(target.Name, origin.ToString(), input, exception.ToString()));
            return false;
        }
    }
}
