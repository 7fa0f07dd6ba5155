using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Keys;

/// <summary>A ring in a directory of the test's own, changed and read again.</summary>
public sealed class KeyRotationTests : IDisposable
{
    private const int Seed = 20_261_222;

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-keys-");
    private readonly ManualTime clock = new(TokenSamples.Now);
    private readonly KeyRingFile file;
    private TokenCodec codec;
    private KeyRotation rotation;

    public KeyRotationTests()
    {
        file = new KeyRingFile(directory.FullName);
        Restart(mayCreate: true);
    }

    private string RingPath => Path.Combine(directory.FullName, KeyRingFile.Name);

    private string Signer => rotation.Current.Ring.Signer.Id;

    private int Count => rotation.Current.Ring.Keys.Count;

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void A_new_key_verifies_and_does_not_sign()
    {
        string before = Signer, key = Add();
        Assert.NotEqual(before, key);
        Assert.Equal(before, Signer);
        Assert.Equal(before, KeyOf(Mint()));
        string elsewhere = MintWith(key);
        Assert.NotNull(codec.Read(elsewhere));
    }

    [Fact]
    public void From_the_switch_on_the_new_key_signs_and_both_verify()
    {
        string before = Mint(), key = Add();
        Assert.IsType<KeyChange.Done>(rotation.Sign(key));
        Assert.Equal(key, KeyOf(Mint()));
        Assert.NotNull(codec.Read(before));
        Assert.NotNull(codec.Read(Mint()));
    }

    [Fact]
    public void A_retired_key_verifies_nothing()
    {
        string key = Add(), token = MintWith(key);
        Assert.NotNull(codec.Read(token));
        Assert.IsType<KeyChange.Done>(rotation.Retire(key, force: false));
        Assert.Null(codec.Read(token));
    }

    [Fact]
    public void The_signer_cannot_be_retired_not_even_by_force()
    {
        Add();
        Assert.IsType<KeyChange.IsSigner>(rotation.Retire(Signer, force: true));
        Assert.Equal(2, Count);
    }

    [Fact]
    public void A_key_that_signed_stays_until_its_last_token_is_past_its_expiry_on_every_clock()
    {
        string before = Signer;
        rotation.Sign(Add());
        UnixSeconds until = TokenSamples.Now + TokenSamples.Limits.MaxTtlSeconds + TokenSamples.Limits.MaxClockSkewSeconds;
        clock.Advance(TimeSpan.FromSeconds(until - TokenSamples.Now - 1));
        Assert.Equal(new KeyChange.InUse(until), rotation.Retire(before, force: false));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<KeyChange.Done>(rotation.Retire(before, force: false));
    }

    [Fact]
    public void A_key_that_signed_again_counts_from_its_last_time()
    {
        string first = Signer, second = Add();
        rotation.Sign(second);
        clock.Advance(TimeSpan.FromSeconds(100));
        rotation.Sign(first);
        clock.Advance(TimeSpan.FromSeconds(10_000));
        rotation.Sign(second);
        Assert.IsType<KeyChange.InUse>(rotation.Retire(first, force: false));
        Assert.Equal(clock.Now, rotation.Current.SignedUntil[first]);
        Assert.False(rotation.Current.SignedUntil.ContainsKey(second));
    }

    [Fact]
    public void Force_retires_a_key_whose_tokens_are_under_way()
    {
        string token = Mint(), before = Signer;
        rotation.Sign(Add());
        Assert.IsType<KeyChange.Done>(rotation.Retire(before, force: true));
        Assert.Null(codec.Read(token));
    }

    [Fact]
    public void What_is_not_in_the_ring_is_not_there()
    {
        foreach (string id in new[] { "nothing", "", "../keys", Signer.ToUpperInvariant() + "_" })
        {
            Assert.IsType<KeyChange.NoSuchKey>(rotation.Sign(id));
            Assert.IsType<KeyChange.NoSuchKey>(rotation.Retire(id, force: true));
        }
    }

    [Fact]
    public void Making_the_signer_sign_changes_nothing_and_writes_nothing()
    {
        DateTime written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(RingPath, written);
        Assert.IsType<KeyChange.Done>(rotation.Sign(Signer));
        Assert.Equal(written, File.GetLastWriteTimeUtc(RingPath));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void A_ring_holds_16_keys_and_no_more()
    {
        while (Count < 16) Add();
        Assert.IsType<KeyChange.TooMany>(rotation.Add());
        rotation.Retire(rotation.Current.Ring.Keys[^1].Id, force: false);
        Assert.IsType<KeyChange.Done>(rotation.Add());
        Assert.Equal(16, rotation.Current.Ring.Keys.Select(key => key.Id).Distinct().Count());
    }

    [Fact]
    public void Every_change_is_found_after_a_restart()
    {
        Random random = new(Seed);
        for (int i = 0; i < 200; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(random.Next(4000)));
            string id = rotation.Current.Ring.Keys[random.Next(Count)].Id;
            _ = random.Next(4) switch { 0 or 1 => rotation.Add(), 2 => rotation.Sign(id), _ => rotation.Retire(id, random.Next(2) == 0) };
            string token = Mint(), before = Describe(rotation.Current);
            Restart(mayCreate: false);
            Assert.Equal(before, Describe(rotation.Current));
            Assert.NotNull(codec.Read(token));
        }
    }

    // The disk may hold the change although the call failed, so whoever asks again must not be told that nothing is to be done.
    [Fact]
    public void A_change_that_could_not_be_saved_is_not_published_and_the_next_one_is_written_even_if_it_changes_nothing()
    {
        string before = Signer, key = Add();
        Directory.CreateDirectory(RingPath + ".tmp"); // stands where the new file is to be written
        Assert.ThrowsAny<SystemException>(() => rotation.Sign(key));
        Assert.Equal(before, Signer);
        Assert.Equal(before, KeyOf(Mint()));
        Directory.Delete(RingPath + ".tmp");

        File.Delete(RingPath);
        Assert.IsType<KeyChange.Done>(rotation.Sign(before));
        Assert.True(File.Exists(RingPath));
    }

    [Fact]
    public void A_ring_of_an_earlier_version_is_read_and_its_keys_may_have_signed_until_this_start()
    {
        Write("""{"signing_key":"new1","keys":{"old1":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","new1":"Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="}}""");
        Restart(mayCreate: false);
        Assert.Equal("new1", Signer);
        UnixSeconds start = clock.Now;
        Assert.IsType<KeyChange.InUse>(rotation.Retire("old1", force: false));

        // A further start does not put it off.
        clock.Advance(TimeSpan.FromSeconds(7499));
        Restart(mayCreate: false);
        Assert.Equal(new KeyChange.InUse(start + 7500), rotation.Retire("old1", force: false));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<KeyChange.Done>(rotation.Retire("old1", force: false));
    }

    [Fact]
    public void A_signer_that_was_changed_by_hand_counts_from_the_start_that_found_it()
    {
        string first = Signer, second = Add();
        rotation.Sign(second);
        Write(File.ReadAllText(RingPath).Replace($"\"signing_key\": \"{second}\"", $"\"signing_key\": \"{first}\""));
        clock.Advance(TimeSpan.FromSeconds(50_000));
        Restart(mayCreate: false);
        Assert.Equal(first, Signer);
        Assert.Equal(clock.Now, rotation.Current.SignedUntil[second]);

        // And the time at which the new signer once stopped is not believed when it is made verify-only by hand.
        Write(File.ReadAllText(RingPath).Replace($"\"signing_key\": \"{first}\"", $"\"signing_key\": \"{second}\""));
        clock.Advance(TimeSpan.FromSeconds(50_000));
        Restart(mayCreate: false);
        Assert.Equal(clock.Now, rotation.Current.SignedUntil[first]);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    [UnsupportedOSPlatform("windows")]
    public void The_file_is_its_owners_alone_after_every_change()
    {
        Add();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(RingPath));
    }

    [Fact]
    public async Task Tokens_are_minted_and_read_without_a_break_while_the_signer_changes()
    {
        while (Count < 4) Add();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1)), ended = new();
        Task changes = Task.Run(() =>
        {
            for (int i = 0; !ended.IsCancellationRequested; i++) rotation.Sign(rotation.Current.Ring.Keys[i % Count].Id);
        });
        HashSet<string> signers = [];
        while (signers.Count < Count)
        {
            patience.Token.ThrowIfCancellationRequested();
            string token = Mint();
            Assert.NotNull(codec.Read(token));
            signers.Add(KeyOf(token));
        }

        await ended.CancelAsync();
        await changes;
    }

    private static string KeyOf(string token) => TokenContent.Read(token)!.KeyId!;

    private static string Describe(RotatingKeys keys) => string.Join(" ", keys.Ring.Keys.Select(key => string.Create(
        CultureInfo.InvariantCulture,
        $"{key.Id}={Convert.ToHexString(key.CopySecret())}@{(key == keys.Ring.Signer ? "signs" : keys.SignedUntil[key.Id]?.ToString() ?? "never")}")));

    private string Add() => Assert.IsType<KeyChange.Done>(rotation.Add()).Key.Id;

    private string Mint() => TokenSamples.Mint(codec, TokenSamples.Plain(new Random(Seed)));

    private string MintWith(string key)
    {
        rotation.Current.TryGet(key, out SigningKey signer);
        return TokenSamples.Mint(new TokenCodec(new KeyRing(signer), TokenSamples.Limits, clock), TokenSamples.Plain(new Random(Seed)));
    }

    private void Write(string json) => File.WriteAllText(RingPath, json, Encoding.ASCII);

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(codec), nameof(rotation))]
    private void Restart(bool mayCreate)
    {
        RotatingKeys keys = file.LoadOrCreate(mayCreate, clock.Now);
        codec = new TokenCodec(keys.Ring, TokenSamples.Limits, TokenSamples.Clock);
        rotation = new KeyRotation(keys, file, codec, clock);
    }
}
