using System.Runtime.InteropServices;

namespace CaptchaCluster.Tests.History;

/// <summary>The timelines of all sites of one history.</summary>
internal sealed class SiteTimelines
{
    private readonly Dictionary<int, SiteTimeline> _timelines = [];
    private readonly ClockBounds _clock;

    public SiteTimelines(RecordedHistory history)
    {
        _clock = history.Clock with { Epsilon = new AuthorityClock(history).Error }; // it matters where a grace ends, and nowhere else
        foreach (var operation in history.SiteOperations) Of(operation.Site).Add(operation);

        // What a refusal proves depends on what is known to have existed, so successes come first.
        var attempts = CollectionsMarshal.AsSpan(history.Attempts);
        for (var i = 0; i < attempts.Length; i++) Of(attempts[i].Site).AddAttempt(i, attempts[i]);
        foreach (var timeline in _timelines.Values) timeline.SealOperations();
        for (var i = 0; i < attempts.Length; i++)
            if (attempts[i].Verdict == Verdict.InvalidSecret) Of(attempts[i].Site).AddRefusal(i, attempts[i]);
        foreach (var timeline in _timelines.Values) timeline.SealRefusals();
    }

    public SiteTimeline Of(int site)
    {
        ref var timeline = ref CollectionsMarshal.GetValueRefOrAddDefault(_timelines, site, out _);
        return timeline ??= new(_clock);
    }
}
