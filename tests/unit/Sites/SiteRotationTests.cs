using System.Security.Cryptography;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tests.Unit.Sites;

[Trait("Invariant", "I8")]
public sealed class SiteRotationTests
{
    private const string Id = "rotation-id-of-22-chars";
    private const string OtherId = "another-rotation-id-22";
    private const long Grace = 7200;
    private const long Day = 86_400;

    private static readonly UnixSeconds Now = SiteSamples.Now;

    private readonly Site site = SiteSamples.New(out _);

    [Fact]
    public void An_immediate_rotation_ends_the_old_secret_at_once()
    {
        (RotationResult.Rotated reply, Site changed) = Rotated(site, immediate: true, null, Now);
        Assert.Equal((new Generation(2), null), (reply.Generation, reply.OldSecretExpiresAt));
        Assert.Equal((new Generation(2), 2L, null, null), (changed.Generation, changed.Version, changed.Previous, changed.LastRotation));
        Assert.True(changed.TryAuthenticate(SiteSecret.Hash(reply.Secret), Now, out Generation generation) && generation == new Generation(2));
        Assert.False(changed.TryAuthenticate(site.SecretHash.AsSpan(), Now, out _));
        Assert.False(changed.Accepts(new Generation(1), Now));
    }

    [Fact]
    public void A_graceful_rotation_leaves_the_old_secret_valid_for_two_hours()
    {
        (RotationResult.Rotated reply, Site changed) = Rotated(site, immediate: false, null, Now);
        Assert.Equal((new Generation(2), Now + Grace), (reply.Generation, reply.OldSecretExpiresAt));
        Assert.True(changed.TryAuthenticate(site.SecretHash.AsSpan(), Now + Grace - 1, out Generation generation) && generation == Generation.First);
        Assert.False(changed.TryAuthenticate(site.SecretHash.AsSpan(), Now + Grace, out _));
        Assert.True(changed.TryAuthenticate(SiteSecret.Hash(reply.Secret), Now + Grace, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(Grace - 1, true)]
    [InlineData(Grace, false)]
    public void A_second_graceful_rotation_waits_for_the_end_of_the_first(long later, bool inGrace)
    {
        Site first = Rotated(site, immediate: false, null, Now).Changed;
        (RotationResult result, Site? changed) = SiteRotation.Decide(first, new RotationRequest(false, null), Now + later);
        if (inGrace)
        {
            Assert.Equal(new RotationResult.InGrace(Now + Grace), result);
            Assert.Null(changed);
        }
        else
        {
            Assert.IsType<RotationResult.Rotated>(result);
            Assert.Equal(new Generation(2), changed!.Previous!.Generation);
        }
    }

    [Fact]
    public void An_immediate_rotation_in_grace_ends_both_older_secrets()
    {
        Site first = Rotated(site, immediate: false, null, Now).Changed;
        (RotationResult.Rotated reply, Site second) = Rotated(first, immediate: true, null, Now + 1);
        Assert.Equal(new Generation(3), reply.Generation);
        Assert.False(second.TryAuthenticate(site.SecretHash.AsSpan(), Now + 1, out _));
        Assert.False(second.TryAuthenticate(first.SecretHash.AsSpan(), Now + 1, out _));
        Assert.True(second.TryAuthenticate(SiteSecret.Hash(reply.Secret), Now + 1, out _));
        Assert.False(second.Accepts(new Generation(1), Now + 1) || second.Accepts(new Generation(2), Now + 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_same_id_gets_the_same_reply_for_a_day_and_changes_nothing(bool immediate)
    {
        (RotationResult.Rotated reply, Site changed) = Rotated(site, immediate, Id, Now);
        foreach (long later in new[] { 0, 1, Grace, Day - 1 })
        {
            (RotationResult again, Site? unchanged) = SiteRotation.Decide(changed, new RotationRequest(immediate, Id), Now + later);
            Assert.Equal(reply, again);
            Assert.Null(unchanged);
        }

        RotationResult.Rotated next = Rotated(changed, immediate, Id, Now + Day).Reply;
        Assert.NotEqual(reply.Secret, next.Secret);
        Assert.Equal(new Generation(3), next.Generation);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(OtherId)]
    public void A_later_rotation_ends_the_replay_of_the_one_before(string? laterId)
    {
        (RotationResult.Rotated reply, Site first) = Rotated(site, immediate: true, Id, Now);
        Site second = Rotated(first, immediate: true, laterId, Now + 1).Changed;
        RotationResult.Rotated third = Rotated(second, immediate: true, Id, Now + 2).Reply;
        Assert.NotEqual(reply.Secret, third.Secret);
        Assert.Equal(new Generation(4), third.Generation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_id_is_not_good_for_a_rotation_of_the_other_mode(bool immediate)
    {
        Site changed = Rotated(site, immediate, Id, Now).Changed;
        (RotationResult result, Site? unchanged) = SiteRotation.Decide(changed, new RotationRequest(!immediate, Id), Now + 1);
        Assert.IsType<RotationResult.IdReused>(result);
        Assert.Null(unchanged);
    }

    [Fact]
    public void An_id_names_a_rotation_of_one_site_only()
    {
        Site changed = Rotated(site, immediate: true, Id, Now).Changed;
        Site other = SiteSamples.New(out _) with { LastRotation = changed.LastRotation };
        (RotationResult.Rotated reply, Site rotated) = Rotated(other, immediate: true, Id, Now);
        Assert.NotSame(changed.LastRotation, rotated.LastRotation);
        Assert.True(SiteSecret.TryReadSite(System.Text.Encoding.ASCII.GetBytes(reply.Secret), out SiteKey key) && key == other.Key);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public void Without_the_id_the_receipt_tells_no_secret()
    {
        (RotationResult.Rotated reply, Site changed) = Rotated(site, immediate: true, Id, Now);
        RotationReceipt receipt = changed.LastRotation!;
        Assert.Equal(reply.Secret, receipt.Open(site.Key, Id));
        Assert.ThrowsAny<CryptographicException>(() => receipt.Open(site.Key, Id + "x"));
        Assert.ThrowsAny<CryptographicException>(() => receipt.Open(SiteKey.New(), Id));
        for (int at = 0; at < receipt.SealedSecret.Length; at++)
        {
            RotationReceipt altered = receipt with { SealedSecret = receipt.SealedSecret.SetItem(at, (byte)(receipt.SealedSecret[at] ^ 1)) };
            Assert.ThrowsAny<CryptographicException>(() => altered.Open(site.Key, Id));
        }

        Assert.ThrowsAny<CryptographicException>(() => (receipt with { SealedSecret = [1, 2, 3] }).Open(site.Key, Id));
    }

    [Fact]
    public void Generations_end_before_they_wrap() =>
        Assert.Throws<OverflowException>(() => Rotated(site with { Generation = new Generation(int.MaxValue) }, immediate: true, null, Now));

    private static (RotationResult.Rotated Reply, Site Changed) Rotated(Site site, bool immediate, string? id, UnixSeconds now)
    {
        (RotationResult result, Site? changed) = SiteRotation.Decide(site, new RotationRequest(immediate, id), now);
        Assert.NotNull(changed);
        Assert.Equal(site.Version + 1, changed.Version);
        return (Assert.IsType<RotationResult.Rotated>(result), changed);
    }
}
