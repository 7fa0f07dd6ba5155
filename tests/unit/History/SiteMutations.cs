using CaptchaCluster.Tests.History;
using static CaptchaCluster.Tests.Unit.History.Mutation;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>Breaking I8.</summary>
internal static class SiteMutations
{
    public static IEnumerable<Mutation> All =>
    [
        new("a secret works before its rotation was called", Rule.UnbornSecretAccepted, (h, random) =>
            Pick(h.SiteOperations, random, o => o.IsRotation && o.IsAcknowledged
                && !h.SiteOperations.Any(p => p.Site == o.Site && p.Call < o.Call && p.IsRotation)) is { } rotation
            && OnFreshToken(h, rotation.Site, rotation.NewGeneration, rotation.Call - 2, Verdict.Success)),

        new("the old secret works after an immediate rotation returned", Rule.RetiredSecretAccepted, (h, random) =>
            Pick(h.SiteOperations, random, o => o.Kind == SiteOperationKind.RotateImmediate && o.IsAcknowledged) is { } rotation
            && OnFreshToken(h, rotation.Site, rotation.NewGeneration - 1, rotation.Return + 1, Verdict.Success)),

        new("the old secret works after the grace", Rule.RetiredSecretAccepted, (h, random) =>
            Pick(h.SiteOperations, random, o => o.Kind == SiteOperationKind.RotateGraceful && o.IsAcknowledged) is { } rotation
            && OnFreshToken(h, rotation.Site, rotation.NewGeneration - 1,
                Math.Max(rotation.Return, rotation.GraceEnd + ModelRun.Epsilon) + 1, Verdict.Success)),

        new("the old secret works after the new one was seen, the rotation never acknowledged", Rule.SupersededSecretAccepted, (h, random) =>
        {
            ForgetAcknowledgements(h);
            return Pick(h.Attempts, random, a => a.Verdict == Verdict.Success && a.Generation > 1
                    && h.SiteOperations.Where(o => o.Site == a.Site && o.NewGeneration >= a.Generation)
                        .All(o => o.Kind == SiteOperationKind.RotateImmediate)) is { } success
                && OnFreshToken(h, success.Site, success.Generation - 1, success.Return + 1, Verdict.Success);
        }),

        new("the old secret works after it was refused, the rotation never acknowledged", Rule.RefusedSecretAccepted, (h, random) =>
        {
            ForgetAcknowledgements(h);
            return Pick(h.Attempts, random, a => a is { Verdict: Verdict.InvalidSecret, Generation: 1 }
                    && !EnabledWithin(h, a.Site, a.Call, a.Return + 2 * ModelRun.Epsilon + 2)
                    && !h.Attempts.Any(b => b.Site == a.Site && b.Verdict == Verdict.Success && b.Generation > 1)) is { } refusal
                && OnFreshToken(h, refusal.Site, 1, refusal.Return + 2 * ModelRun.Epsilon + 1, Verdict.Success);
        }),

        new("the new secret is refused after the rotation returned", Rule.ValidSecretRefused, (h, random) =>
            Pick(h.SiteOperations, random, o => o.IsRotation && o.IsAcknowledged
                && !h.SiteOperations.Any(p => p.Site == o.Site && p.Call <= o.Return + 2 && MayEnd(p, o.NewGeneration))) is { } rotation
            && OnFreshToken(h, rotation.Site, rotation.NewGeneration, rotation.Return + 1, Verdict.InvalidSecret)),

        new("a secret is refused though nothing was ever done to it", Rule.ValidSecretRefused, (h, random) =>
            OnFreshToken(h, ModelRun.QuietSite, 1, random.Next(600), Verdict.InvalidSecret)),

        new("a secret is refused after the disable was undone", Rule.ValidSecretRefused, (h, random) =>
            Pick(h.SiteOperations, random, e => e.Kind == SiteOperationKind.Enable && e.IsAcknowledged
                && h.SiteOperations.Where(p => p.Site == e.Site && p.Call <= e.Return + 2 && p != e)
                    .All(p => p.Kind == SiteOperationKind.Enable || (p.Kind == SiteOperationKind.Disable && p.Return < e.Call))) is { } enable
            && OnFreshToken(h, enable.Site, 1, enable.Return + 1, Verdict.InvalidSecret)),

        new("success after a disable returned", Rule.StoppedSiteAccepted, (h, random) =>
            Pick(h.SiteOperations, random, d => d.Kind == SiteOperationKind.Disable && d.IsAcknowledged
                && IsFirstOnSite(h, d) && !EnabledWithin(h, d.Site, d.Call, d.Return + 2)) is { } disable
            && OnFreshToken(h, disable.Site, 1, disable.Return + 1, Verdict.Success)),

        new("success after a delete returned", Rule.StoppedSiteAccepted, (h, random) =>
            Pick(h.SiteOperations, random, d => d.Kind == SiteOperationKind.Delete && d.IsAcknowledged && IsFirstOnSite(h, d)) is { } delete
            && OnFreshToken(h, delete.Site, 1, delete.Return + 1, Verdict.Success)),
    ];

    private static void ForgetAcknowledgements(RecordedHistory history)
    {
        for (var i = 0; i < history.SiteOperations.Count; i++)
            history.SiteOperations[i] = history.SiteOperations[i] with { Return = AttemptOperation.Never };
    }

    private static bool MayEnd(SiteOperation op, int generation) =>
        op.Kind is SiteOperationKind.Disable or SiteOperationKind.Delete
        || (op.IsRotation && (op.NewGeneration == SiteOperation.UnknownGeneration || op.NewGeneration > generation));

    private static bool EnabledWithin(RecordedHistory history, int site, long from, long to) =>
        history.SiteOperations.Any(e => e.Site == site && e.Kind == SiteOperationKind.Enable && e.Call <= to && e.Return >= from);

    /// <summary>Otherwise an earlier end of generation 1 would be reported in its place.</summary>
    private static bool IsFirstOnSite(RecordedHistory history, SiteOperation op) =>
        !history.SiteOperations.Any(p => p.Site == op.Site && p != op && p.Call <= op.Return + 2);
}
