using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Unit.Redemption;

[Trait("Invariant", "I3")]
public sealed class AttemptKeyTests
{
    private static readonly SiteKey Site = new(0x0102030405060708, 0x090a0b0c0d0e0f10);

    [Fact]
    public void A_key_is_the_hash_of_the_site_and_what_the_caller_named()
    {
        byte[] hash = SHA256.HashData([.. "attempt"u8, .. Enumerable.Range(1, 16).Select(i => (byte)i), .. "order 66"u8]);
        Assert.Equal(AttemptKey.Read(hash), AttemptKey.Of(Site, "order 66"u8));
    }

    [Fact]
    public void One_name_is_one_key_on_a_site_and_another_on_another()
    {
        Assert.Equal(AttemptKey.Of(Site, "a"u8), AttemptKey.Of(Site, "a"u8));
        Assert.NotEqual(AttemptKey.Of(Site, "a"u8), AttemptKey.Of(Site, "A"u8));
        Assert.NotEqual(AttemptKey.Of(Site, "a"u8), AttemptKey.Of(Site, "a "u8));
        Assert.NotEqual(AttemptKey.Of(Site, "a"u8), AttemptKey.Of(new SiteKey(Site.High, Site.Low + 1), "a"u8));
    }

    [Fact]
    public void The_longest_name_is_hashed_whole()
    {
        byte[] name = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("😀", 128)));
        Assert.Equal(512, name.Length);
        AttemptKey key = AttemptKey.Of(Site, name);
        name[^1] ^= 1;
        Assert.NotEqual(key, AttemptKey.Of(Site, name));
        Assert.Throws<ArgumentOutOfRangeException>(() => AttemptKey.Of(Site, new byte[513]));
    }

    [Fact]
    public void A_caller_who_names_nothing_has_a_key_of_his_own()
    {
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => AttemptKey.New()).Distinct().Count());
    }

    [Fact]
    public void What_is_written_is_read()
    {
        byte[] bytes = new byte[AttemptKey.Size];
        AttemptKey key = AttemptKey.New();
        key.Write(bytes);
        Assert.Equal(key, AttemptKey.Read(bytes));
    }
}
