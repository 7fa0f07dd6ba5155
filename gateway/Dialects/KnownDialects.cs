namespace CaptchaCluster.Gateway.Dialects;

/// <summary>Every dialect that is served: a new one is a file beside this, and a line here.</summary>
internal static class KnownDialects
{
    public static readonly IReadOnlyList<IDialect> All =
    [
        new SiteverifyDialect(),
        new HCaptchaDialect(),
        new FriendlyCaptchaDialect(),
        new CapDialect(),
        new CaptchaLaDialect(),
        new RecaptchaEnterpriseDialect(),
    ];
}
