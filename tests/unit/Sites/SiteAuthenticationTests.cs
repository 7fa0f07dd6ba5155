using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Unit.Sites;

[Trait("Invariant", "I8")]
public sealed class SiteAuthenticationTests
{
    private static readonly UnixSeconds End = SiteSamples.Now + 7200;

    private readonly Site site;
    private readonly byte[] current;
    private readonly byte[] previous;

    public SiteAuthenticationTests()
    {
        Site first = SiteSamples.New(out string old);
        previous = SiteSecret.Hash(old);
        string secret = SiteSecret.New(first.Key);
        current = SiteSecret.Hash(secret);
        site = first with
        {
            Generation = new Generation(2),
            SecretHash = [.. current],
            Previous = new PreviousSecret(new Generation(1), [.. previous], End),
        };
    }

    [Theory]
    [InlineData(-7200, true)]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public void The_previous_secret_is_valid_until_its_end_and_not_at_it(long afterEnd, bool valid)
    {
        Assert.Equal(valid, site.TryAuthenticate(previous, End + afterEnd, out Generation generation));
        if (valid) Assert.Equal(new Generation(1), generation);
        Assert.Equal(valid, site.Accepts(new Generation(1), End + afterEnd));
    }

    [Theory]
    [InlineData(-7200)]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void The_current_secret_is_valid_at_any_time(long afterEnd)
    {
        Assert.True(site.TryAuthenticate(current, End + afterEnd, out Generation generation));
        Assert.Equal(new Generation(2), generation);
        Assert.True(site.Accepts(new Generation(2), End + afterEnd));
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public void A_hash_that_differs_in_any_bit_or_in_length_authenticates_nobody()
    {
        foreach (byte[] right in new[] { current, previous })
        {
            for (int bit = 0; bit < right.Length * 8; bit++)
            {
                byte[] wrong = [.. right];
                wrong[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(site.TryAuthenticate(wrong, SiteSamples.Now, out _));
            }

            Assert.False(site.TryAuthenticate(right.AsSpan(0, 31), SiteSamples.Now, out _));
            Assert.False(site.TryAuthenticate([.. right, 0], SiteSamples.Now, out _));
        }

        Assert.False(site.TryAuthenticate([], SiteSamples.Now, out _));
        Assert.False(site.TryAuthenticate(new byte[32], SiteSamples.Now, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Generations_that_are_neither_current_nor_in_grace_redeem_nothing(int generation) =>
        Assert.False(site.Accepts(new Generation(generation), SiteSamples.Now));

    [Fact]
    [Trait("Invariant", "I8")]
    public void Without_a_secret_a_site_redeems_while_it_is_active()
    {
        Assert.True(site.Accepts(Generation.NoSecret, SiteSamples.Now));
        Assert.False((site with { Policy = site.Policy with { Disabled = true } }).Accepts(Generation.NoSecret, SiteSamples.Now));
        Assert.False((site with { DeletedAt = SiteSamples.Now }).Accepts(Generation.NoSecret, SiteSamples.Now));
    }

    [Fact]
    public void A_disabled_site_authenticates_and_accepts_nothing()
    {
        Site disabled = site with { Policy = site.Policy with { Disabled = true } };
        Assert.True(disabled.TryAuthenticate(current, SiteSamples.Now, out _));
        Assert.False(disabled.IsActive);
        Assert.False(disabled.Accepts(new Generation(2), SiteSamples.Now));
        Assert.False(disabled.Accepts(new Generation(1), SiteSamples.Now));
    }

    [Fact]
    public void A_deleted_site_authenticates_nobody_and_accepts_nothing()
    {
        Site deleted = site with { DeletedAt = SiteSamples.Now, SecretHash = [], Previous = null };
        Assert.False(deleted.TryAuthenticate(current, SiteSamples.Now, out _));
        Assert.False(deleted.TryAuthenticate([], SiteSamples.Now, out _) && deleted.IsActive);
        Assert.False(deleted.Accepts(new Generation(2), SiteSamples.Now));
    }
}
