using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class TokenLimitsTests
{
    private const int Seed = 20_261_204;

    private readonly TokenCodec codec = TokenSamples.Codec();

    [Theory]
    [InlineData(0, 7200, true)]
    [InlineData(0, 7201, false)]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(-7200, 0, true)]
    [InlineData(-1, 7200, false)]
    [InlineData(300, 7500, true)]
    [InlineData(301, 7501, false)]
    [InlineData(-100_000, -99_000, true)]
    [InlineData(-1_799_999_999, -1_799_999_998, true)]
    [InlineData(-1_800_000_000, -1_799_999_999, false)]
    [Trait("Invariant", "I7")]
    public void A_token_has_only_times_that_a_minter_of_ours_gives(long issued, long expires, bool read)
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with
        {
            IssuedAt = TokenSamples.Now + issued,
            ExpiresAt = TokenSamples.Now + expires,
        };
        Assert.Equal(read, codec.Read(TokenSamples.Mint(codec, claims)) is not null);
    }

    [Theory]
    [InlineData(2046)]
    [InlineData(2047)]
    [InlineData(2048)]
    public void A_token_of_up_to_2048_characters_is_minted_and_read(int length)
    {
        string token = TokenOfLength(codec, length);
        Assert.Equal(length, token.Length);
        Assert.NotNull(codec.Read(token));
    }

    [Fact]
    [Trait("Invariant", "I10")]
    public void A_longer_token_is_not_minted_and_not_read()
    {
        string longest = TokenOfLength(codec, TokenLimits.MaxTokenLength);
        TokenClaims claims = Padded(2048);
        for (int padding = 900; padding < 1100; padding++)
        {
            bool minted = codec.TryMint(claims with { CData = new string('x', padding) }, out string token);
            Assert.Equal(token.Length <= TokenLimits.MaxTokenLength, minted);
            Assert.Equal(minted, codec.Read(token) is not null);
        }

        Assert.False(codec.TryMint(Padded(100_000), out string huge));
        Assert.Null(codec.Read(huge));
        Assert.Null(codec.Read(longest + "A"));
        Assert.Null(codec.Read(new string('A', 10_000_000)));
    }

    [Fact]
    public void A_token_without_an_id_is_refused()
    {
        Assert.Null(codec.Read(TokenSamples.Mint(codec, TokenSamples.Plain(new Random(Seed)) with { Id = default })));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_score_that_is_no_number_is_the_callers_mistake(double score)
    {
        TokenClaims claims = TokenSamples.Plain(new Random(Seed));
        Assert.Throws<ArgumentException>(() => codec.TryMint(claims with { Score = score }, out _));
        Assert.Throws<ArgumentException>(() => codec.TryMint(claims with { Platform = new PlatformClaims(null, score, null) }, out _));
    }

    /// <summary>Three bytes of JSON are four characters, so that every length but those of phase 1 can be had.</summary>
    internal static string TokenOfLength(TokenCodec codec, int length)
    {
        for (int padding = 0; padding < length; padding++)
        {
            if (codec.TryMint(Padded(padding), out string token) && token.Length == length) return token;
        }

        throw new ArgumentOutOfRangeException(nameof(length), length, "no token has this length");
    }

    private static TokenClaims Padded(int padding) => TokenSamples.Plain(new Random(Seed)) with { CData = new string('x', padding) };
}
