using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class TokenRoundTripTests
{
    private const int Seed = 20_261_201;

    private readonly TokenCodec codec = TokenSamples.Codec();

    [Fact]
    public void Every_member_is_read_as_it_was_minted()
    {
        for (int i = 0; i < 5_000; i++)
        {
            Random random = new(Seed + i);
            TokenClaims claims = TokenSamples.Claims(random);
            string text = TokenSamples.Mint(codec, claims);
            PassToken? token = codec.Read(text);
            Assert.True(token is not null, $"seed {Seed + i}: {TokenSamples.Unwrap(text)}");
            Assert.True(Says(token, claims), $"seed {Seed + i}: {TokenSamples.Unwrap(text)}");
            Assert.Equal(claims.ClientAddress is not null, !token.ClientAddressHash.IsEmpty);
            if (claims.ClientAddress is { } address) Assert.True(TokenCodec.IsBoundTo(token, address), $"seed {Seed + i}");
            if (claims.Uid is { } uid) Assert.True(TokenCodec.IsBoundTo(token, uid), $"seed {Seed + i}");
            Assert.False(TokenCodec.IsBoundTo(token, TokenSamples.Address(random)), $"seed {Seed + i}");
            Assert.False(TokenCodec.IsBoundTo(token, claims.Uid + "x"), $"seed {Seed + i}");
        }
    }

    [Fact]
    public void The_form_is_the_documented_one_to_the_byte()
    {
        SiteKey site = new(1, 2);
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { Site = site, Id = new TokenId(3, 4), Action = "login", Score = 0.9 };
        string body = string.Join(',', [
            "{\"v\":1", "\"k\":\"k1\"", "\"s\":\"cpt_pub_00000000000000010000000000000002\"", "\"j\":\"AAAAAAAAAAMAAAAAAAAABA\"",
            "\"i\":1800000000", "\"e\":1800000600", "\"h\":\"example.com\"", "\"a\":\"login\"", "\"r\":0.9",
        ]);
        Assert.Equal(TokenSamples.Sign(body, site), TokenSamples.Mint(codec, claims));
    }

    [Fact]
    public void Absent_members_are_left_out_and_read_as_empty()
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { Action = "", CData = "", Uid = "" };
        string text = TokenSamples.Mint(codec, claims);
        PassToken token = codec.Read(text)!;
        using JsonDocument json = JsonDocument.Parse(TokenSamples.Unwrap(text));
        Assert.Equal(["v", "k", "s", "j", "i", "e", "h", "m"], json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.True(token.Action.IsEmpty && token.CData.IsEmpty && token.Score.IsEmpty && token.Platform.IsEmpty);
        Assert.False(TokenCodec.IsBoundTo(token, ""));
        Assert.False(TokenCodec.IsBoundTo(token, IPAddress.None));
    }

    [Fact]
    public void Platform_members_without_a_value_are_null()
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { Platform = new PlatformClaims(null, null, null) };
        PassToken token = codec.Read(TokenSamples.Mint(codec, claims))!;
        Assert.Equal("""{"game_id":null,"score":null,"duration_ms":null}""", Encoding.UTF8.GetString(token.Platform));
    }

    [Theory]
    [InlineData("203.0.113.9", "::ffff:203.0.113.9", true)]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9", true)]
    [InlineData("203.0.113.9", "203.0.113.8", false)]
    [InlineData("203.0.113.9", "::203.0.113.9", false)]
    [InlineData("2001:db8::1", "2001:db8:0:0::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("fe80::1%1", "fe80::1", true)]
    public void A_binding_knows_an_address_however_it_is_written(string minted, string shown, bool bound)
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { ClientAddress = IPAddress.Parse(minted) };
        PassToken token = codec.Read(TokenSamples.Mint(codec, claims))!;
        Assert.Equal(bound, TokenCodec.IsBoundTo(token, IPAddress.Parse(shown)));
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public void Bindings_tell_nothing_across_sites_and_are_not_in_clear()
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { ClientAddress = IPAddress.Parse("203.0.113.9"), Uid = "alice" };
        string first = TokenSamples.Mint(codec, claims);
        PassToken here = codec.Read(first)!;
        PassToken there = codec.Read(TokenSamples.Mint(codec, claims with { Site = new SiteKey(7, 7) }))!;
        Assert.False(here.UidHash.SequenceEqual(there.UidHash));
        Assert.False(here.ClientAddressHash.SequenceEqual(there.ClientAddressHash));
        Assert.DoesNotContain("alice", TokenSamples.Unwrap(first));
        Assert.DoesNotContain("203", TokenSamples.Unwrap(first));
    }

    [Fact]
    public void An_address_and_a_uid_of_the_same_bytes_have_different_hashes()
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { ClientAddress = new IPAddress("abcd"u8), Uid = "abcd" };
        PassToken token = codec.Read(TokenSamples.Mint(codec, claims))!;
        Assert.False(token.UidHash.SequenceEqual(token.ClientAddressHash));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character()
    {
        PassToken token = codec.Read(TokenSamples.Mint(codec, TokenSamples.Plain(new Random(Seed)) with { Action = "a\ud800b" }))!;
        Assert.Equal("a\ufffdb", Text(token.Action));
    }

    private static bool Says(PassToken token, TokenClaims claims) =>
        token.Site == claims.Site
        && token.Id == claims.Id
        && token.IssuedAt == claims.IssuedAt
        && token.ExpiresAt == claims.ExpiresAt
        && Text(token.Hostname) == claims.Hostname.ToString()
        && Text(token.Action) == (claims.Action ?? "")
        && Text(token.CData) == (claims.CData ?? "")
        && Number(token.Score) == claims.Score
        && Platform(token.Platform) == claims.Platform;

    // As a dialect uses it: the slice between quotes of its own.
    private static string Text(ReadOnlySpan<byte> content) => JsonSerializer.Deserialize<string>("\"" + Encoding.UTF8.GetString(content) + "\"")!;

    private static double? Number(ReadOnlySpan<byte> content) =>
        content.IsEmpty ? null : double.Parse(content, CultureInfo.InvariantCulture);

    private static PlatformClaims? Platform(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty) return null;
        using JsonDocument json = JsonDocument.Parse(Encoding.UTF8.GetString(content));
        JsonElement score = json.RootElement.GetProperty("score"), duration = json.RootElement.GetProperty("duration_ms");
        return new PlatformClaims(
            json.RootElement.GetProperty("game_id").GetString(),
            score.ValueKind == JsonValueKind.Null ? null : score.GetDouble(),
            duration.ValueKind == JsonValueKind.Null ? null : duration.GetInt64());
    }
}
