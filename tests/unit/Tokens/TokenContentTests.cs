using System.Globalization;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class TokenContentTests
{
    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("CONTENT_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_261_221;

    [Fact]
    public void What_was_minted_stands_in_the_token()
    {
        for (int seed = FirstSeed; seed < FirstSeed + 2000; seed++)
        {
            TokenClaims claims = TokenSamples.Claims(new Random(seed));
            TokenContent expected = new()
            {
                KeyId = "k1",
                SiteKey = claims.Site.ToString(),
                Id = claims.Id.ToString(),
                IssuedAt = claims.IssuedAt.Value,
                ExpiresAt = claims.ExpiresAt.Value,
                Hostname = claims.Hostname.ToString(),
                Action = claims.Action,
                CData = claims.CData,
                Score = claims.Score,
                Platform = claims.Platform is { } platform
                    ? new PlatformContent { GameId = platform.GameId, Score = platform.Score, DurationMilliseconds = platform.DurationMilliseconds }
                    : null,
            };
            if (!TokenSamples.Codec().TryMint(claims, out string token)) continue;
            TokenContent content = TokenContent.Read(token)!;
            Assert.True(expected == content with { ClientAddressHash = null, UidHash = null }, $"seed {seed}: {content}");
            Assert.True((claims.ClientAddress is not null, claims.Uid is not null) == (content.ClientAddressHash is not null, content.UidHash is not null), $"seed {seed}");
        }
    }

    [Fact]
    public void A_forged_token_is_shown_as_far_as_it_goes() =>
        Assert.Equal(new TokenContent { KeyId = "gone", Hostname = "evil.example" }, TokenContent.Read(TokenSamples.Wrap("""{"h":"evil.example","x":[1],"k":"gone"}""")));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"k":1}""")]
    [InlineData("""{"i":"x"}""")]
    [InlineData("""{"i":1.5}""")]
    [InlineData("""{"i":99999999999999999999}""")]
    [InlineData("""{"h":"\ud800"}""")]
    [InlineData("""{"p":{"game_id":"\udc00"}}""")]
    [InlineData("""{"p":[]}""")]
    public void What_is_nothing_of_the_kind_is_null(string json) => Assert.Null(TokenContent.Read(TokenSamples.Wrap(json)));

    [Fact]
    public void No_text_at_all_makes_it_throw()
    {
        Random random = new(FirstSeed);
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = new char[random.Next(60)];
            for (int j = 0; j < text.Length; j++) text[j] = random.Next(20) == 0 ? (char)random.Next(65_536) : "eyJrIjoiQ-_=. \t"[random.Next(15)];
            TokenContent.Read(new string(text));
        }
    }
}
