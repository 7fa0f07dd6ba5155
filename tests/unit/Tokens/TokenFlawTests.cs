using System.Text;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class TokenFlawTests
{
    private const int Seed = 20_261_220;

    private readonly TokenClaims claims = TokenSamples.Plain(new Random(Seed));

    [Fact]
    public void A_token_of_ours_has_none()
    {
        Assert.NotNull(Read(TokenSamples.Codec(), TokenSamples.Mint(TokenSamples.Codec(), claims), out TokenFlaw flaw));
        Assert.Equal(TokenFlaw.None, flaw);
    }

    [Fact]
    public void A_key_that_is_not_in_the_ring_is_unknown()
    {
        TokenCodec one = new(new KeyRing(new SigningKey("k1", TokenSamples.KeyBytes)), TokenSamples.Limits, TokenSamples.Clock);
        Assert.Equal(TokenFlaw.UnknownKey, FlawOf(one, TokenSamples.Mint(TokenSamples.Codec("other2"), claims)));
    }

    [Fact]
    public void An_altered_member_or_another_key_of_the_same_name_makes_the_mac_wrong()
    {
        string json = TokenSamples.Unwrap(TokenSamples.Mint(TokenSamples.Codec(), claims));
        Assert.Equal(TokenFlaw.WrongMac, FlawOf(TokenSamples.Codec(), TokenSamples.Wrap(json.Replace("example.com", "example.org"))));
        TokenCodec other = new(new KeyRing(new SigningKey("k1", TokenSamples.OtherKeyBytes)), TokenSamples.Limits, TokenSamples.Clock);
        Assert.Equal(TokenFlaw.WrongMac, FlawOf(other, TokenSamples.Wrap(json)));
    }

    [Fact]
    public void Members_that_no_minter_gives_are_implausible()
    {
        TokenClaims tooLong = claims with { ExpiresAt = claims.IssuedAt + TokenSamples.Limits.MaxTtlSeconds + 1 };
        Assert.Equal(TokenFlaw.ImplausibleMembers, FlawOf(TokenSamples.Codec(), TokenSamples.Mint(TokenSamples.Codec(), tooLong)));
        string body = $$"""{"v":1,"k":"k1","s":"{{claims.Site}}","j":"x" """.TrimEnd();
        Assert.Equal(TokenFlaw.ImplausibleMembers, FlawOf(TokenSamples.Codec(), TokenSamples.Sign(body, claims.Site)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("XXXX.DUMMY.TOKEN.XXXX")]
    [InlineData("eyJ2IjoxfQ")]
    public void Anything_else_is_not_a_token(string text) => Assert.Equal(TokenFlaw.NotAToken, FlawOf(TokenSamples.Codec(), text));

    [Fact]
    public void A_truncated_token_is_not_a_token_or_has_a_wrong_mac()
    {
        string token = TokenSamples.Mint(TokenSamples.Codec(), claims);
        for (int length = 0; length < token.Length; length++)
            Assert.Contains(FlawOf(TokenSamples.Codec(), token[..length]), new[] { TokenFlaw.NotAToken, TokenFlaw.WrongMac });
    }

    private static TokenFlaw FlawOf(TokenCodec codec, string token)
    {
        Assert.Null(Read(codec, token, out TokenFlaw flaw));
        return flaw;
    }

    private static PassToken? Read(TokenCodec codec, string token, out TokenFlaw flaw) => codec.Read(Encoding.Latin1.GetBytes(token), out flaw);
}
