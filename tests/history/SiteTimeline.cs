using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace CaptchaCluster.Tests.History;

/// <summary>Why a success cannot be: the rule, and the attempt that proves it (−1: an acknowledged site operation does).</summary>
internal readonly record struct Refutation(Rule Rule, string Why, int Witness);

/// <summary>I8 for one site: when each generation must work, may work, and cannot work any more.</summary>
/// <remarks>
/// A verification may judge its secret at any instant between its call and its return, and a site operation takes effect at one
/// instant between its call and its return, or never if it was not acknowledged. A violation is reported only where no choice
/// of these instants explains the answers; equal ticks count as overlapping.
/// Fed in three steps: site operations, then successes, then refusals.
/// </remarks>
internal sealed class SiteTimeline(ClockBounds clock)
{
    private readonly List<SiteOperation> _rotations = [];
    private readonly List<SiteOperation> _disables = [];
    private readonly List<SiteOperation> _enables = [];
    private readonly Dictionary<int, GenerationFacts> _generations = [];
    private readonly PrefixMax _disabledBy = new();        // key: acknowledged disable's return, value: its call
    private readonly PrefixMax _enabledUntil = new();      // key: enable's call, value: its return
    private readonly PrefixMax _mayBeDisabledUntil = new(); // key: disable's call, value: when an enable certainly ended it
    private long _deletedFrom = long.MaxValue;
    private long _earliestDelete = long.MaxValue;
    private bool _hasGrace;

    public void Add(SiteOperation operation)
    {
        switch (operation.Kind)
        {
            case SiteOperationKind.RotateImmediate or SiteOperationKind.RotateGraceful:
                _rotations.Add(operation);
                break;
            case SiteOperationKind.Disable:
                _disables.Add(operation);
                break;
            case SiteOperationKind.Enable:
                _enables.Add(operation);
                break;
            case SiteOperationKind.Delete:
                _deletedFrom = Math.Min(_deletedFrom, operation.Return);
                _earliestDelete = Math.Min(_earliestDelete, operation.Call);
                break;
        }
    }

    public void AddAttempt(int index, in AttemptOperation attempt)
    {
        var facts = FactsOf(attempt.Generation);
        if (attempt.Verdict != Verdict.Success || attempt.Return >= facts.FirstSuccess) return;
        facts.FirstSuccess = attempt.Return;
        facts.FirstSuccessAttempt = index;
    }

    public void SealOperations()
    {
        foreach (var disable in _disables.Where(d => d.IsAcknowledged)) _disabledBy.Add(disable.Return, disable.Call);
        foreach (var enable in _enables) _enabledUntil.Add(enable.Call, enable.Return);
        _disabledBy.Seal();
        _enabledUntil.Seal();
        SealDisables();
        SealGenerations();
    }

    public void AddRefusal(int index, in AttemptOperation refusal)
    {
        var facts = FactsOf(refusal.Generation);
        if (refusal.Call <= facts.BornBy) return; // refused because it did not exist yet: says nothing of later
        // Where a grace ends, two authorities may disagree on the moment by both their clock errors.
        var from = _hasGrace ? refusal.Return.Plus(2 * clock.Epsilon) : refusal.Return;
        if (MayBeDisabled(refusal.Call, refusal.Return)) (facts.Refusals ??= new()).Add(from, refusal.Call, index);
        else if (from < facts.DeadFrom) (facts.DeadFrom, facts.DeadBy) = (from, index);
    }

    public void SealRefusals()
    {
        foreach (var facts in _generations.Values) facts.Refusals?.Seal();
    }

    /// <summary>Whether refusing this secret can have been right at some instant of the operation.</summary>
    public bool MayRefuse(in AttemptOperation op)
    {
        var facts = FactsOf(op.Generation);
        return op.Call <= facts.BornBy
            || facts.EarliestRetirement <= op.Return
            || _earliestDelete <= op.Return
            || MayBeDisabled(op.Call, op.Return);
    }

    /// <summary>Whether accepting this secret cannot have been right at any instant of the operation, and why.</summary>
    public bool TryRefute(in AttemptOperation op, [NotNullWhen(true)] out Refutation? refutation)
    {
        refutation = Refute(op);
        return refutation is not null;
    }

    private Refutation? Refute(in AttemptOperation op)
    {
        // First what was acknowledged, then what follows from other answers.
        var facts = FactsOf(op.Generation);
        if (op.Return < facts.EarliestBirth)
            return new(Rule.UnbornSecretAccepted, $"no rotation can have made generation {op.Generation} before {facts.EarliestBirth}", -1);
        if (op.Call > facts.RetiredFrom)
            return new(Rule.RetiredSecretAccepted, $"generation {op.Generation} was rotated away at {facts.RetiredFrom}", -1);
        if (op.Call > _deletedFrom)
            return new(Rule.StoppedSiteAccepted, $"site {op.Site} was deleted at {_deletedFrom}", -1);
        // Only an enable can have undone an acknowledged disable. Of the disables the one with the latest call leaves the least room.
        if (_disabledBy.TryBelow(op.Call, out var disabled, out _) && !MayBeEnabledWithin(disabled, op.Return))
            return new(Rule.StoppedSiteAccepted, $"site {op.Site} was disabled by a call at {disabled}, and no enable followed", -1);

        if (op.Call > facts.SupersededFrom)
            return new(Rule.SupersededSecretAccepted, $"a successor of {op.Generation} had worked by {facts.SupersededFrom}", facts.SupersededBy);
        if (op.Call > facts.DeadFrom)
            return new(Rule.RefusedSecretAccepted, $"generation {op.Generation} had ended for good by {facts.DeadFrom}", facts.DeadBy);
        // If a disable was the reason of a refusal, an enable must have taken effect after the refusal's call; again the latest one.
        if (facts.Refusals is { } refusals
            && refusals.TryBelow(op.Call, out var refused, out var witness)
            && !MayBeEnabledWithin(refused, op.Return))
        {
            return new(Rule.RefusedSecretAccepted, $"generation {op.Generation} had been refused and no enable followed", witness);
        }
        return null;
    }

    private bool MayBeEnabledWithin(long from, long to) => _enabledUntil.TryAtOrBelow(to, out var until, out _) && until >= from;

    private bool MayBeDisabled(long from, long to) => _mayBeDisabledUntil.TryAtOrBelow(to, out var until, out _) && until >= from;

    private void SealDisables()
    {
        // An enable ends a disable for certain only if it was called after the disable had returned; a disable without an
        // acknowledgement may land after any enable, so it explains refusals for ever.
        var enables = _enables.OrderBy(e => e.Call).ToArray();
        var endsBy = new long[enables.Length + 1];
        endsBy[^1] = long.MaxValue;
        for (var i = enables.Length - 1; i >= 0; i--) endsBy[i] = Math.Min(enables[i].Return, endsBy[i + 1]);
        var calls = Array.ConvertAll(enables, e => e.Call);
        foreach (var disable in _disables)
            _mayBeDisabledUntil.Add(disable.Call, endsBy[FirstAbove(calls, disable.Return)]);
        _mayBeDisabledUntil.Seal();
    }

    private void SealGenerations()
    {
        var (earliestUnnamed, unnamedCall) = (long.MaxValue, long.MaxValue);
        foreach (var rotation in _rotations)
        {
            if (rotation.Kind == SiteOperationKind.RotateGraceful) _hasGrace = true;
            if (rotation.NewGeneration == SiteOperation.UnknownGeneration)
            {
                // Whenever it lands it is a later generation than any there is: it may end each of them.
                earliestUnnamed = Math.Min(earliestUnnamed, EarliestEnd(rotation));
                unnamedCall = Math.Min(unnamedCall, rotation.Call);
                continue;
            }
            var made = FactsOf(rotation.NewGeneration);
            made.MadeByRotation = true;
            made.EarliestBirth = Math.Min(made.EarliestBirth, rotation.Call);
            made.BornBy = Math.Min(made.BornBy, rotation.Return);
            if (rotation.Kind != SiteOperationKind.RotateGraceful) continue;
            made.MadeGracefully = true;
            made.GraceEnd = Math.Max(made.GraceEnd, rotation.GraceEnd);
        }
        foreach (var facts in _generations.Values)
        {
            facts.BornBy = facts.MadeByRotation ? Math.Min(facts.BornBy, facts.FirstSuccess) : long.MinValue;
            // With a rotation id the request that made it may be another than the one whose reply named it.
            facts.EarliestBirth = facts.MadeByRotation ? Math.Min(facts.EarliestBirth, unnamedCall) : long.MinValue;
        }

        var named = _rotations.Where(r => r.NewGeneration != SiteOperation.UnknownGeneration).ToLookup(r => r.NewGeneration);

        // Generations only grow, so each one inherits what ends it from all later ones.
        var (earliest, retired, superseded, by) = (earliestUnnamed, long.MaxValue, long.MaxValue, -1);
        foreach (var (generation, facts) in _generations.OrderByDescending(g => g.Key))
        {
            facts.EarliestRetirement = earliest;
            facts.RetiredFrom = retired;
            (facts.SupersededFrom, facts.SupersededBy) = (superseded, by);
            if (!facts.MadeByRotation) continue;
            earliest = Math.Min(earliest, named[generation].Min(EarliestEnd));
            foreach (var rotation in named[generation].Where(r => r.IsAcknowledged))
                retired = Math.Min(retired, facts.EndsEarlierFrom(rotation.Return, clock));
            if (facts.FirstSuccess == long.MaxValue) continue;
            // I8: a working successor proves its rotation took effect, acknowledged or not.
            var from = facts.EndsEarlierFrom(facts.FirstSuccess, clock);
            if (from < superseded) (superseded, by) = (from, facts.FirstSuccessAttempt);
        }
    }

    private long EarliestEnd(SiteOperation rotation) =>
        rotation.Kind == SiteOperationKind.RotateImmediate || rotation.GraceEnd == SiteOperation.UnknownGraceEnd
            ? rotation.Call
            : Math.Max(rotation.Call, rotation.GraceEnd.Plus(-clock.Epsilon));

    private static int FirstAbove(long[] sorted, long value)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle] <= value) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private GenerationFacts FactsOf(int generation)
    {
        ref var facts = ref CollectionsMarshal.GetValueRefOrAddDefault(_generations, generation, out _);
        return facts ??= new();
    }
}
