using CaptchaCluster.Grains.Sites;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Cluster.Contracts;

public sealed class SiteContractTests
{
    private static readonly UnixSeconds Now = new(1_800_000_000);

    [Fact]
    public void A_site_arrives_as_it_was_sent()
    {
        foreach (Site site in new[] { Full(), Plain() with { DeletedAt = Now, SecretHash = [] }, Plain() }) AssertSame(site, Wire.Carry(SiteRecord.Of(site)).ToSite());
    }

    [Fact]
    public void What_only_a_later_version_knows_is_refused_and_not_guessed()
    {
        SiteRecord record = SiteRecord.Of(Plain());
        SiteRecord later = new()
        {
            Key = record.Key,
            Version = record.Version,
            Name = record.Name,
            Hostnames = record.Hostnames,
            EnforceHostname = record.EnforceHostname,
            IpBinding = "Suggest",
            TokenTtlSeconds = record.TokenTtlSeconds,
            Tier = record.Tier,
            Disabled = record.Disabled,
            Generation = record.Generation,
            SecretHash = record.SecretHash,
            CreatedAt = record.CreatedAt,
        };
        Assert.Throws<FormatException>(() => later.ToSite());
    }

    /// <summary>Orleans refuses messages of more than 100 MB.</summary>
    [Fact]
    [Trait("Invariant", "I10")]
    public void A_page_of_the_largest_sites_is_far_below_what_a_message_may_hold()
    {
        SiteList page = new() { Sites = [.. Enumerable.Range(0, SitePage.MaxSites).Select(_ => SiteRecord.Of(Largest()))], HasMore = true };
        Assert.InRange(Wire.Write(page).Length, 20_000_000, 32_000_000);
    }

    private static void AssertSame(Site expected, Site actual)
    {
        Assert.Equal(expected.Key, actual.Key);
        Assert.Equal(expected.Version, actual.Version);
        Assert.Equal(expected.Policy.Hostnames.AsEnumerable(), actual.Policy.Hostnames);
        Assert.Equal(expected.Policy with { Hostnames = [] }, actual.Policy with { Hostnames = [] });
        Assert.Equal(expected.Generation, actual.Generation);
        Assert.Equal(expected.SecretHash.AsEnumerable(), actual.SecretHash);
        Assert.Equal(expected.Previous is null, actual.Previous is null);
        Assert.Equal(expected.Previous?.Generation, actual.Previous?.Generation);
        Assert.Equal(expected.Previous?.Hash.AsEnumerable() ?? [], actual.Previous?.Hash ?? []);
        Assert.Equal(expected.Previous?.ValidUntil, actual.Previous?.ValidUntil);
        Assert.Equal(expected.LastRotation is null, actual.LastRotation is null);
        Assert.Equal(expected.LastRotation?.IdHash.AsEnumerable() ?? [], actual.LastRotation?.IdHash ?? []);
        Assert.Equal(expected.LastRotation?.SealedSecret.AsEnumerable() ?? [], actual.LastRotation?.SealedSecret ?? []);
        Assert.Equal(expected.LastRotation?.Generation, actual.LastRotation?.Generation);
        Assert.Equal(expected.LastRotation?.OldSecretExpiresAt, actual.LastRotation?.OldSecretExpiresAt);
        Assert.Equal(expected.LastRotation?.ForgetAt, actual.LastRotation?.ForgetAt);
        Assert.Equal(expected.CreatedAt, actual.CreatedAt);
        Assert.Equal(expected.DeletedAt, actual.DeletedAt);
    }

    private static Site Plain()
    {
        SiteKey key = SiteKey.New();
        return new Site
        {
            Key = key,
            Version = 7,
            Policy = new SitePolicy { Name = "a site", TokenTtlSeconds = 600 },
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(SiteSecret.New(key))],
            CreatedAt = Now,
        };
    }

    private static Site Largest()
    {
        // Each a text of its own: one that is there twice goes over the wire once.
        string label = new('a', 63);
        Hostname[] hostnames = [.. Enumerable.Range(0, SitePolicy.MaxHostnames).Select(i => HostnameOf($"{label}.{label}.{label}.b{i:d60}"))];
        return Full() with { Policy = Full().Policy with { Name = new string('ä', SitePolicy.MaxNameLength), Hostnames = [.. hostnames] } };
    }

    private static Hostname HostnameOf(string text)
    {
        Assert.True(text.Length <= Hostname.MaxLength && Hostname.TryParse(text, out _), text);
        Hostname.TryParse(text, out Hostname hostname);
        return hostname;
    }

    private static Site Full()
    {
        Site site = Plain();
        Assert.True(Hostname.TryParse("example.com", out Hostname hostname));
        site = site with { Policy = new SitePolicy { Name = "ä", Hostnames = [hostname], EnforceHostname = true, IpBinding = IpBinding.Enforce, TokenTtlSeconds = 60, Tier = Tier.Pro, Disabled = true } };
        (_, Site? rotated) = SiteRotation.Decide(site, new RotationRequest(false, "a-rotation-id-of-32-characters--"), Now);
        Assert.NotNull(rotated!.Previous);
        Assert.NotNull(rotated.LastRotation);
        return rotated;
    }
}
