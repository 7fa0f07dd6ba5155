using System.Net;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class ServerTokenTests
{
    private const int Seed = 20_261_221;

    private readonly TokenCodec passTokens = TokenSamples.Codec();
    private readonly ServerTokenCodec codec;
    private readonly Random random = new(Seed);

    public ServerTokenTests() => codec = new ServerTokenCodec(passTokens, TokenSamples.Clock);

    [Fact]
    public void What_is_issued_is_read_again()
    {
        for (int i = 0; i < 1000; i++)
        {
            ServerTokenClaims claims = Claims();
            string text = codec.Issue(claims);
            Assert.True(text.Length <= ServerTokenCodec.MaxLength && !text.AsSpan(ServerTokenCodec.Prefix.Length).ContainsAnyExcept(Base64Url));
            ServerToken token = codec.Read(text)!;
            Assert.Equal(
                (claims.Site, claims.Generation, claims.Id, claims.IssuedAt, claims.ExpiresAt, claims.MaxUses, claims.Action),
                (token.Site, token.Generation, token.Id, token.IssuedAt, token.ExpiresAt, token.MaxUses, token.Action));
            IPAddress stranger = IPAddress.Parse("192.0.2.1");
            Assert.True(token.Allows(claims.ClientAddress) && token.Allows(claims.Uid));
            Assert.Equal(claims.ClientAddress is null, token.Allows(stranger));
            Assert.Equal(claims.ClientAddress is null, token.Allows(clientAddress: null));
            Assert.Equal(claims.Uid is null, token.Allows("nobody of that name"));
            Assert.Equal(claims.Uid is null, token.Allows(uid: null) && token.Allows(""));
        }
    }

    [Fact]
    [Trait("Invariant", "I12")]
    public void No_byte_of_it_can_be_changed()
    {
        string text = codec.Issue(Claims());
        string json = TokenSamples.Unwrap(text[4..]);
        for (int at = 0; at < json.Length; at++)
        {
            foreach (char other in "0aZ\",{} ")
            {
                if (json[at] != other) Assert.Null(codec.Read("sct_" + TokenSamples.Wrap(json[..at] + other + json[(at + 1)..])));
                Assert.Null(codec.Read("sct_" + TokenSamples.Wrap(json[..at] + other + json[at..])));
            }

            Assert.Null(codec.Read("sct_" + TokenSamples.Wrap(json[..at] + json[(at + 1)..])));
        }

        foreach (string wrong in new[] { "", "sct_", text[4..], text.ToUpperInvariant(), text + "A", text + "=", " " + text, text[..^1], "sct_été", "SCT_" + text[4..], text + new string('A', 2000) })
            Assert.Null(codec.Read(wrong));
    }

    [Theory]
    [InlineData("pass token")]
    [InlineData("challenge")]
    [InlineData("binding")]
    public void A_text_signed_for_another_purpose_is_none(string purpose)
    {
        SiteKey site = SiteKey.New();
        string body = Body(site, Members());
        Assert.NotNull(codec.Read("sct_" + TokenSamples.Sign(body, site, "server token")));
        Assert.Null(codec.Read("sct_" + TokenSamples.Sign(body, site, purpose)));
    }

    [Fact]
    public void It_does_not_pass_for_a_pass_token_nor_one_of_those_for_it()
    {
        string text = codec.Issue(Claims());
        Assert.Null(passTokens.Read(text));
        Assert.Null(passTokens.Read(text[4..]));
        Assert.Null(codec.Read("sct_" + TokenSamples.Mint(passTokens, TokenSamples.Plain(random))));
    }

    [Theory]
    [InlineData("\"x\":1", "\"x\":0")]
    [InlineData("\"x\":1", "\"x\":101")]
    [InlineData("\"x\":1", "\"x\":\"1\"")]
    [InlineData(",\"x\":1", "")]
    [InlineData("\"g\":1", "\"g\":1.5")]
    [InlineData("\"i\":1800000000", "\"i\":1799990000")]
    [InlineData("\"e\":1800000300", "\"e\":1800000000")]
    [InlineData("\"e\":1800000300", "\"e\":1800007501")]
    [InlineData("\"j\":\"AAAAAAAAAAAAAAAAAAAAAQ\"", "\"j\":\"AAAAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("\"j\":\"AAAAAAAAAAAAAAAAAAAAAQ\"", "\"j\":7")]
    public void What_no_issuer_writes_is_none_though_it_is_signed(string right, string wrong)
    {
        SiteKey site = SiteKey.New();
        Assert.Contains(right, Members());
        Assert.Null(codec.Read("sct_" + TokenSamples.Sign(Body(site, Members().Replace(right, wrong)), site, "server token")));
        Assert.Null(codec.Read("sct_" + TokenSamples.Sign(Body(site, ""), site, "server token")));
    }

    [Fact]
    public void A_key_that_left_the_ring_takes_its_tokens_with_it()
    {
        string text = codec.Issue(Claims());
        passTokens.Use(TokenSamples.Ring("other2"));
        Assert.NotNull(codec.Read(text));
        passTokens.Use(new KeyRing(new SigningKey("other2", TokenSamples.OtherKeyBytes)));
        Assert.Null(codec.Read(text));
    }

    private static readonly System.Buffers.SearchValues<char> Base64Url =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static string Members() => ",\"j\":\"AAAAAAAAAAAAAAAAAAAAAQ\",\"i\":1800000000,\"e\":1800000300,\"g\":1,\"x\":1,\"a\":\"login\"";

    private static string Body(SiteKey site, string members) => $$"""{"v":1,"k":"k1","s":"{{site}}"{{members}}""";

    private ServerTokenClaims Claims() => new()
    {
        Site = TokenSamples.Site(random),
        Generation = new Generation(random.Next(1, int.MaxValue)),
        Id = TokenSamples.Id(random),
        IssuedAt = TokenSamples.Now - random.Next(0, 3600),
        ExpiresAt = TokenSamples.Now + random.Next(1, 3600),
        MaxUses = random.Next(1, ServerToken.MaxMaxUses + 1),
        Action = TokenSamples.Text(random, TokenLimits.MaxActionLength),
        ClientAddress = random.Next(2) == 0 ? TokenSamples.Address(random) : null,
        Uid = random.Next(2) == 0 ? TokenSamples.Text(random, 256) : null,
    };
}
