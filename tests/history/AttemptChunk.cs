namespace CaptchaCluster.Tests.History;

/// <summary>A fixed block of attempt operations. Each slot has one writer; readers may come at any time.</summary>
internal sealed class AttemptChunk
{
    public const int Size = 1 << 14;

    private const byte Pending = 1, Settling = 2, Settled = 3;
    private readonly AttemptOperation[] _operations = new AttemptOperation[Size];
    private readonly byte[] _states = new byte[Size];

    public void Begin(int slot, AttemptOperation operation)
    {
        _operations[slot] = operation;
        Volatile.Write(ref _states[slot], Pending);
    }

    public void Complete(int slot, long returned, Verdict verdict)
    {
        if (Interlocked.CompareExchange(ref _states[slot], Settling, Pending) != Pending)
            throw new InvalidOperationException("The attempt is complete already.");
        if (verdict != Verdict.Unknown) _operations[slot] = _operations[slot] with { Return = returned, Verdict = verdict };
        Volatile.Write(ref _states[slot], Settled);
    }

    /// <summary>Copies what has begun; answers that came after <paramref name="cut"/> are left out.</summary>
    public void CopyTo(List<AttemptOperation> target, long cut)
    {
        for (var slot = 0; slot < Size; slot++)
        {
            var state = Volatile.Read(ref _states[slot]);
            if (state == 0) continue;
            // Only the answer may be half written while settling: whatever is there, it had not come yet.
            var operation = _operations[slot];
            target.Add(state == Settled && operation.Return <= cut
                ? operation
                : operation with { Return = AttemptOperation.Never, Verdict = Verdict.Unknown });
        }
    }
}
