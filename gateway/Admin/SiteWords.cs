using CaptchaCluster.Sites;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>How the admin API spells what a site can be.</summary>
internal static class SiteWords
{
    public const string BareHostname =
        "a bare host name such as 'example.com', which includes its subdomains, or an IP address, without scheme, port, path, wildcard or "
        + "final dot, an internationalised name in its xn-- form";

    public static readonly (string, IpBinding)[] IpBindings = [("off", IpBinding.Off), ("enforce", IpBinding.Enforce)];

    public static readonly (string, Tier)[] Tiers =
        [("unlimited", Tier.Unlimited), ("free", Tier.Free), ("pro", Tier.Pro), ("business", Tier.Business)];

    public static string Of(IpBinding binding) => IpBindings.First(choice => choice.Item2 == binding).Item1;

    public static string Of(Tier tier) => Tiers.First(choice => choice.Item2 == tier).Item1;
}
