namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>Deals all kinds in random order, then all again: none comes seldom. What had no effect comes once more, soon.</summary>
internal sealed class FaultDeck(IReadOnlyList<AimedFault> faults, Random random)
{
    private const int MostTries = 6;

    private readonly Queue<AimedFault> dealt = [];
    private readonly Dictionary<string, int> tries = faults.ToDictionary(fault => fault.Kind, _ => 0);

    /// <summary>Each kind has had its effect, or was tried in vain so often that another time would be no better.</summary>
    public bool IsDealtThrough => tries.Count == 0;

    public AimedFault Next()
    {
        if (dealt.Count == 0)
        {
            AimedFault[] shuffled = [.. faults];
            random.Shuffle(shuffled);
            foreach (AimedFault fault in shuffled) dealt.Enqueue(fault);
        }

        return dealt.Dequeue();
    }

    public void Learn(AimedFault fault, bool hasBitten)
    {
        if (!tries.TryGetValue(fault.Kind, out int tried)) return;
        if (hasBitten || tried + 1 == MostTries)
        {
            tries.Remove(fault.Kind);
            return;
        }

        tries[fault.Kind] = tried + 1;
        dealt.Enqueue(fault);
    }
}
