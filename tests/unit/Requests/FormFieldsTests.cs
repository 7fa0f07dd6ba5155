using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

public sealed class FormFieldsTests
{
    [Theory]
    [InlineData("secret=s&response=r", "secret=[s] response=[r]")]
    [InlineData("secret=s&response=r&remoteip=1.2.3.4&idempotency_key=k&sitekey=w",
        "secret=[s] response=[r] remoteip=[1.2.3.4] idempotency_key=[k] sitekey=[w]")]
    [InlineData("secret=", "secret=[]")]
    [InlineData("secret", "secret=[]")]
    [InlineData("secret&response", "secret=[] response=[]")]
    [InlineData("=", "")]
    [InlineData("=secret", "")]
    [InlineData("&", "")]
    [InlineData("&&secret=s&&&response=r&&", "secret=[s] response=[r]")]
    [InlineData("secret=a=b==&response==", "secret=[a=b==] response=[=]")]
    public void Pairs_are_split_as_browsers_do(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("secret=a+b", "secret=[a b]")]
    [InlineData("secret=%41%62%2b%26%3D", "secret=[Ab+&=]")]
    [InlineData("secret=%+%2", "secret=[% %2]")]
    [InlineData("secret=%zz%4g%g4%", "secret=[%zz%4g%g4%]")]
    [InlineData("secret=%%41%%%42", "secret=[%A%%B]")]
    [InlineData("secret=%00%ff%C3%A9", "secret=[\0\u00ff\u00c3\u00a9]")]
    [InlineData("secret=%4&response=1", "secret=[%4] response=[1]")]
    [InlineData("secret=x%41&response=y%42&sitekey=plain", "secret=[xA] response=[yB] sitekey=[plain]")]
    public void Escapes_are_decoded_and_invalid_ones_stand_for_themselves(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("secret=cpt_sec_a.b~c:d-e_f&response=v1.a:b~c", "secret=[cpt_sec_a.b~c:d-e_f] response=[v1.a:b~c]")]
    [InlineData("secret=a/b?c#d;e\"f'g<h>&response={x}[y]", "secret=[a/b?c#d;e\"f'g<h>] response=[{x}[y]]")]
    public void A_client_that_concatenates_without_escaping_is_understood(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("SECRET=s&Response=r&remoteIp=1&Idempotency_Key=k&siteKey=w",
        "secret=[s] response=[r] remoteip=[1] idempotency_key=[k] sitekey=[w]")]
    [InlineData("%73ecret=s&respons%65=r", "secret=[s] response=[r]")]
    [InlineData("%53%45%43%52%45%54=s", "secret=[s]")]
    [InlineData("%69%64%65%6d%70%6f%74%65%6e%63%79%5f%6b%65%79=k", "idempotency_key=[k]")]
    [InlineData("remote_ip=1", "remoteip=[1]")]
    [InlineData("Remote_Ip=1", "remoteip=[1]")]
    [InlineData("remote%5Fip=1", "remoteip=[1]")]
    [InlineData("idempotency%5fkey=k", "idempotency_key=[k]")]
    [InlineData("secret%=s&+secret=t&secret+=u&%secret=v&secret%00=w", "")]
    [InlineData("\u017fecret=s&re\u017fponse=r&\u212aey=x&s\u0130tekey=y", "")]
    [InlineData("secrets=1&secre=2&responsf=3&remoteipp=4&idempotency-key=5&site_key=6&version=php_1.2.4", "")]
    public void Names_are_ascii_in_any_case_and_may_be_escaped(string body, string expected) => AssertReads(body, expected);

    [Theory]
    [InlineData("secret=a&secret=a")]
    [InlineData("secret&secret=a")]
    [InlineData("response=a&RESPONSE=b")]
    [InlineData("remoteip=a&remote_ip=a")]
    [InlineData("remote_ip=&remoteIp=")]
    [InlineData("sitekey=a&x=y&sitekey=b")]
    [InlineData("idempotency_key=a&idempotency%5fkey=b")]
    public void A_field_named_twice_makes_the_request_bad(string body) => AssertReads(body, nameof(ParseOutcome.BadRequest));

    [Fact]
    public void An_unknown_field_may_be_repeated() => AssertReads("x=1&secret=s&x=2&x&y=3&y", "secret=[s]");

    [Theory]
    [InlineData("?secret=s&response=r", "secret=[s] response=[r]")]
    [InlineData("secret=s&response=r", "secret=[s] response=[r]")]
    [InlineData("?", "")]
    [InlineData("??secret=s&response=r", "response=[r]")]
    [InlineData("?secret=a+b%41%4", "secret=[a bA%4]")]
    [InlineData("?secret=plain&response=%41%41%41&sitekey=%42", "secret=[plain] response=[AAA] sitekey=[B]")]
    [InlineData("?secret=\u00e9%41\u20ac", "secret=[\u00c3\u00a9A\u00e2\u0082\u00ac]")]
    [InlineData("?secret=a&secret=b", nameof(ParseOutcome.BadRequest))]
    public void A_query_is_a_form(string query, string expected) =>
        Assert.Equal(expected, Reading.Of(contentType: null, "", query).ToString());

    [Fact]
    public void Half_a_surrogate_pair_in_a_query_is_the_replacement_character() =>
        Assert.Equal(Reading.Bytes("a\ufffdb"), Reading.Of(null, "", "?secret=a\ud800b").Secret);

    private static void AssertReads(string body, string expected) => Assert.Equal(expected, Reading.Of(Reading.Form, body).ToString());
}
