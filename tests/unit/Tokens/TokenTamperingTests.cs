using System.Buffers.Text;
using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

/// <summary>Tokens whose JSON was altered and wrapped again, without the key and with it.</summary>
[Trait("Invariant", "I12")]
public sealed class TokenTamperingTests
{
    private const int Seed = 20_261_203;

    private readonly TokenCodec codec = TokenSamples.Codec();
    private readonly TokenClaims claims = TokenSamples.Plain(new Random(Seed)) with { Action = "login", CData = "c", Score = 0.5 };

    private string Json => TokenSamples.Unwrap(TokenSamples.Mint(codec, claims));

    private string Body => Json[..Json.IndexOf(",\"m\":", StringComparison.Ordinal)];

    [Fact]
    public void No_byte_of_the_json_can_be_changed_inserted_or_left_out()
    {
        byte[] json = Encoding.UTF8.GetBytes(Json);
        for (int at = 0; at <= json.Length; at++)
        {
            if (at < json.Length) AssertRefused([.. json.AsSpan(0, at), .. json.AsSpan(at + 1)]);
            for (int value = 0; value < 256; value++)
            {
                AssertRefused([.. json.AsSpan(0, at), (byte)value, .. json.AsSpan(at)]);
                if (at < json.Length && value != json[at]) AssertRefused([.. json.AsSpan(0, at), (byte)value, .. json.AsSpan(at + 1)]);
            }
        }
    }

    [Fact]
    public void Members_cannot_be_moved_doubled_or_left_out()
    {
        string[] members = Json[1..^1].Split(',');
        for (int from = 0; from < members.Length; from++)
        {
            AssertRefused(Of(members.Where((_, i) => i != from)));
            AssertRefused(Of([.. members, members[from]]));
            AssertRefused(Of([members[from], .. members]));
            for (int to = 0; to < members.Length; to++)
            {
                List<string> moved = [.. members];
                moved.RemoveAt(from);
                moved.Insert(to, members[from]);
                if (from != to) AssertRefused(Of(moved));
            }
        }

        static string Of(IEnumerable<string> members) => "{" + string.Join(",", members) + "}";
    }

    [Theory]
    [InlineData("\n")]
    [InlineData(" ")]
    [InlineData("}")]
    [InlineData(",\"x\":1}")]
    [InlineData("{}")]
    public void Nothing_follows_the_mac(string extra)
    {
        AssertRefused(Json + extra);
        AssertRefused(Json[..^1] + extra + "}");
        AssertRefused(Json[..^2] + extra + "\"}");
    }

    [Fact]
    public void A_mac_has_one_spelling()
    {
        string mac = Json[^45..^2];
        Assert.NotNull(codec.Read(TokenSamples.Wrap(Json.Replace(mac, mac))));
        byte[] bytes = Base64Url.DecodeFromChars(mac);
        string hex = Convert.ToHexStringLower(bytes);
        string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        string unusedBits = mac[..^1] + alphabet[alphabet.IndexOf(mac[^1]) + 1];
        foreach (string other in new[] { hex, mac + "=", Convert.ToBase64String(bytes), unusedBits, "", "\\u00" + hex[..2] + mac[1..] })
            AssertRefused(Json.Replace(mac, other));
    }

    [Fact]
    public void Another_sites_key_does_not_open_a_token() =>
        AssertRefused(Json.Replace(claims.Site.ToString(), new SiteKey(claims.Site.High, claims.Site.Low + 1).ToString()));

    [Theory]
    [InlineData("k2")]
    [InlineData("other2")]
    [InlineData("K1")]
    [InlineData("")]
    [InlineData("k1k1k1k1k1")]
    [InlineData("dummy")]
    public void Another_key_id_does_not_open_a_token(string id) => AssertRefused(Json.Replace("\"k1\"", $"\"{id}\""));

    [Theory]
    [InlineData("challenge")]
    [InlineData("server token")]
    [InlineData("binding")]
    [InlineData("")]
    public void A_mac_made_for_another_purpose_does_not_pass(string purpose)
    {
        Assert.NotNull(codec.Read(TokenSamples.Sign(Body, claims.Site)));
        Assert.Null(codec.Read(TokenSamples.Sign(Body, claims.Site, purpose)));
    }

    [Theory]
    [InlineData("{\"v\":1", "{\"v\":2")]
    [InlineData("{\"v\":1", "{\"v\": 1")]
    [InlineData("{\"v\":1", "{ \"v\":1")]
    [InlineData("{\"v\":1", "{\"v\":1.0")]
    [InlineData("{\"v\":1", "{\"V\":1")]
    [InlineData("\"k\":\"k1\"", "\"k\":\"\\u006b1\"")]
    [InlineData("\"s\":\"cpt_pub_", "\"s\" :\"cpt_pub_")]
    [InlineData("\"s\":\"cpt_pub_", "\"s\":\"CPT_PUB_")]
    [InlineData("\"j\":", "\"J\":")]
    [InlineData("\"i\":1800000000", "\"i\":\"1800000000\"")]
    [InlineData("\"i\":1800000000", "\"i\":1800000000.5")]
    [InlineData("\"i\":1800000000", "\"i\":18e8")]
    [InlineData("\"i\":1800000000", "\"i\":0")]
    [InlineData("\"i\":1800000000", "\"i\":-1")]
    [InlineData("\"i\":1800000000", "\"i\":null")]
    [InlineData("\"i\":1800000000", "\"i\":[]")]
    [InlineData("\"e\":1800000600", "\"e\":9223372036854775807")]
    [InlineData("\"e\":1800000600", "\"e\":9223372036854775808")]
    [InlineData("\"e\":1800000600", "\"e\":-9223372036854775808")]
    [InlineData("\"e\":1800000600", "\"e\":{}")]
    [InlineData("\"h\":\"example.com\"", "\"h\":\"\"")]
    [InlineData("\"h\":\"example.com\",", "")]
    [InlineData("\"a\":\"login\"", "\"a\":\"login")]
    [InlineData("\"a\":\"login\"", "\"a\":\"\\x\"")]
    [InlineData("\"a\":\"login\"", "\"a\"")]
    [InlineData("\"a\":\"login\"", "\"p\":{\"a\":1")]
    public void A_good_mac_does_not_make_a_token_of_another_shape(string part, string other)
    {
        Assert.Contains(part, Body);
        Assert.Null(codec.Read(TokenSamples.Sign(Body.Replace(part, other), claims.Site)));
    }

    [Fact]
    public void Members_of_a_newer_minter_are_passed_over()
    {
        string body = Body + ",\"zz\":{\"j\":[1,{\"e\":2}]},\"z\":\"\\u0022\",\"b\":null";
        PassToken token = codec.Read(TokenSamples.Sign(body, claims.Site))!;
        Assert.Equal((claims.Id, claims.ExpiresAt), (token.Id, token.ExpiresAt));
        Assert.Equal("login", Encoding.UTF8.GetString(token.Action));
    }

    private void AssertRefused(string json) => AssertRefused(Encoding.UTF8.GetBytes(json));

    private void AssertRefused(byte[] json)
    {
        byte[] wrapped = Base64Url.EncodeToUtf8(json);
        if (codec.Read(wrapped) is not null) Assert.Fail($"seed {Seed}: accepted {Encoding.Latin1.GetString(json)}");
    }
}
