namespace CaptchaCluster.Tests.Chaos.Nemesis;

/// <summary>Deals all kinds in random order, then all again: none comes seldom.</summary>
internal sealed class FaultDeck(IReadOnlyList<IFault> faults, Random random)
{
    private readonly Queue<IFault> dealt = [];
    private int count;

    /// <summary>Each kind has come once.</summary>
    public bool IsDealtThrough => count >= faults.Count;

    public IFault Next()
    {
        if (dealt.Count == 0)
        {
            IFault[] shuffled = [.. faults];
            random.Shuffle(shuffled);
            foreach (IFault fault in shuffled) dealt.Enqueue(fault);
        }

        count++;
        return dealt.Dequeue();
    }
}
