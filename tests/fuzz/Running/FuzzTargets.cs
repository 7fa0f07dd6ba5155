using CaptchaCluster.Tests.Fuzz.Ledger;
using CaptchaCluster.Tests.Fuzz.Mutation;
using CaptchaCluster.Tests.Fuzz.Requests;
using CaptchaCluster.Tests.Fuzz.Sites;
using CaptchaCluster.Tests.Fuzz.Tokens;

namespace CaptchaCluster.Tests.Fuzz.Running;

/// <summary>Every parser that reads what somebody else may have written.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new TokenTarget(),
        new TokenIdTarget(),
        new SiteKeyTarget(),
        new SecretTarget(),
        RequestTarget.Form,
        RequestTarget.Query,
        RequestTarget.Json,
        RequestTarget.Multipart,
        new SegmentTarget(),
        new SiteFileTarget(),
    ];
}
