using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class KeyRingTests
{
    private const int Seed = 20_261_205;

    private readonly TokenClaims claims = TokenSamples.Plain(new Random(Seed));

    [Fact]
    public void The_named_signer_mints_and_every_key_verifies()
    {
        string before = TokenSamples.Mint(TokenSamples.Codec("k1"), claims);
        string after = TokenSamples.Mint(TokenSamples.Codec("other2"), claims);
        Assert.StartsWith("{\"v\":1,\"k\":\"k1\"", TokenSamples.Unwrap(before));
        Assert.StartsWith("{\"v\":1,\"k\":\"other2\"", TokenSamples.Unwrap(after));
        foreach (string signer in new[] { "k1", "other2" })
        {
            Assert.NotNull(TokenSamples.Codec(signer).Read(before));
            Assert.NotNull(TokenSamples.Codec(signer).Read(after));
        }
    }

    [Fact]
    public void A_key_that_left_the_ring_verifies_nothing()
    {
        TokenCodec one = new(new KeyRing(new Dictionary<string, byte[]> { ["k1"] = TokenSamples.KeyBytes }, "k1"), TokenSamples.Limits, TokenSamples.Clock);
        Assert.Null(one.Read(TokenSamples.Mint(TokenSamples.Codec("other2"), claims)));
    }

    [Fact]
    public void The_same_name_with_other_bytes_is_another_key()
    {
        TokenCodec other = new(new KeyRing(new Dictionary<string, byte[]> { ["k1"] = TokenSamples.OtherKeyBytes }, "k1"), TokenSamples.Limits, TokenSamples.Clock);
        Assert.Null(other.Read(TokenSamples.Mint(TokenSamples.Codec(), claims)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("abcdefgh")]
    [InlineData("0")]
    [InlineData("z9z9z9z9")]
    public void Key_ids_of_any_allowed_form_work(string id)
    {
        TokenCodec codec = new(new KeyRing(new Dictionary<string, byte[]> { [id] = TokenSamples.KeyBytes }, id), TokenSamples.Limits, TokenSamples.Clock);
        Assert.NotNull(codec.Read(TokenSamples.Mint(codec, claims)));
    }

    [Theory]
    [InlineData("", 32)]
    [InlineData("abcdefghi", 32)]
    [InlineData("K", 32)]
    [InlineData("a-b", 32)]
    [InlineData("a\"b", 32)]
    [InlineData("é", 32)]
    [InlineData("k", 0)]
    [InlineData("k", 31)]
    [InlineData("k", 33)]
    [InlineData("k", 64)]
    public void A_wrong_key_stops_the_construction_and_is_named_without_being_shown(string id, int size)
    {
        byte[] key = new byte[size];
        key.AsSpan().Fill(0xAB);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new KeyRing(new Dictionary<string, byte[]> { [id] = key }, id));

        // What is no key id may be a key in the wrong place: only its length is told (I11).
        Assert.Contains(size == 32 ? $"{id.Length} character" : $"'{id}'", error.Message);
        Assert.DoesNotContain("ABAB", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("q6ur", error.Message);
    }

    [Fact]
    public void A_signer_that_is_not_in_the_ring_stops_the_construction()
    {
        Dictionary<string, byte[]> keys = new() { ["k1"] = TokenSamples.KeyBytes };
        Assert.Contains("'k2'", Assert.Throws<ArgumentException>(() => new KeyRing(keys, "k2")).Message);
        Assert.Contains("'k1'", Assert.Throws<ArgumentException>(() => new KeyRing(new Dictionary<string, byte[]>(), "k1")).Message);
    }

    [Fact]
    public void The_ring_does_not_change_when_the_bytes_it_was_given_do()
    {
        byte[] key = [.. TokenSamples.KeyBytes];
        TokenCodec codec = new(new KeyRing(new Dictionary<string, byte[]> { ["k1"] = key }, "k1"), TokenSamples.Limits, TokenSamples.Clock);
        key.AsSpan().Clear();
        Assert.NotNull(codec.Read(TokenSamples.Mint(TokenSamples.Codec(), claims)));
    }
}
