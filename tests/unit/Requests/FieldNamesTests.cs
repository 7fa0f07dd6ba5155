using System.Text;
using CaptchaCluster.Gateway.Dialects;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

/// <summary>Names, truth values and members of members, which only some dialects have.</summary>
public sealed class FieldNamesTests
{
    private static readonly FieldNames Flat = new CaptchaLaDialect().Fields;
    private static readonly FieldNames Nested = new RecaptchaEnterpriseDialect().Fields;

    [Theory]
    [InlineData("""{"pass_token":"t","keep_token":true}""", true)]
    [InlineData("""{"pass_token":"t","keep_token":false}""", false)]
    [InlineData("""{"pass_token":"t","keep_token":null}""", false)]
    [InlineData("""{"pass_token":"t","keep_token":1}""", true)]
    [InlineData("""{"pass_token":"t","keep_token":0}""", false)]
    [InlineData("""{"pass_token":"t","keep_token":"TRUE"}""", true)]
    [InlineData("""{"pass_token":"t","KEEP_TOKEN":"\u0031"}""", true)]
    [InlineData("""{"pass_token":"t","keep_token":""}""", false)]
    [InlineData("""{"pass_token":"t"}""", false)]
    [InlineData("pass_token=t&keep_token=1", true)]
    [InlineData("pass_token=t&keep_token=true", true)]
    [InlineData("pass_token=t&keep_token=0", false)]
    [InlineData("pass_token=t&keep_token=", false)]
    public void A_truth_value_is_read_in_every_way_it_is_written(string body, bool isPeek)
    {
        Assert.Equal(ParseOutcome.Parsed, Read(Flat, body, out string token, out bool read));
        Assert.Equal(("t", isPeek), (token, read));
    }

    [Theory]
    [InlineData("""{"keep_token":"yes"}""")]
    [InlineData("""{"keep_token":2}""")]
    [InlineData("""{"keep_token":1.0}""")]
    [InlineData("""{"keep_token":[]}""")]
    [InlineData("""{"keep_token":{}}""")]
    [InlineData("""{"keep_token":true,"keep_token":true}""")]
    [InlineData("""{"pass_token":true}""")]
    [InlineData("""{"uid":17}""")]
    [InlineData("keep_token=on")]
    public void What_cannot_be_read_is_not_taken_for_a_no(string body) =>
        Assert.Equal(ParseOutcome.BadRequest, Read(Flat, body, out _, out _));

    [Theory]
    [InlineData("""{"event":{"token":"t"}}""", "t")]
    [InlineData("""{"token":"x","event":{"token":"t","siteKey":"k"},"other":{"token":"x"}}""", "t")]
    [InlineData("""{"event":{"x":{"token":"x"},"token":"t"}}""", "t")]
    [InlineData("""{"\u0065vent":{"token":"t"}}""", "t")]
    [InlineData("""{"event":{}}""", "")]
    [InlineData("""{"token":"x"}""", "")]
    [InlineData("{}", "")]
    public void Members_of_the_container_are_fields_and_others_are_not(string body, string expected)
    {
        Assert.Equal(ParseOutcome.Parsed, Read(Nested, body, out string token, out _));
        Assert.Equal(expected, token);
    }

    [Theory]
    [InlineData("""{"event":"t"}""")]
    [InlineData("""{"event":[]}""")]
    [InlineData("""{"event":null}""")]
    [InlineData("""{"event":{"token":"a"},"event":{"token":"b"}}""")]
    [InlineData("""{"event":{"token":"a","token":"b"}}""")]
    [InlineData("""{"event":{"token":"a"}""")]
    [InlineData("""{"event":{"token":"a"}} x""")]
    [InlineData("""[{"event":{"token":"a"}}]""")]
    public void A_container_is_one_object(string body) => Assert.Equal(ParseOutcome.BadRequest, Read(Nested, body, out _, out _));

    [Fact]
    public void A_name_too_long_to_be_found_is_refused_when_it_is_made() =>
        Assert.Throws<ArgumentException>(() => new FieldNames((new string('x', FieldNames.MaxLength + 1), RequestField.Token)));

    [Fact]
    public void Every_name_of_every_dialect_is_found_in_any_case_and_nothing_near_it()
    {
        foreach (FieldNames names in KnownDialects.All.Select(dialect => dialect.Fields))
        {
            foreach (string name in names.Names)
            {
                RequestField field = names.Find(Encoding.ASCII.GetBytes(name));
                Assert.NotEqual(RequestField.None, field);
                Assert.Equal(field, names.Find(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
                Assert.Equal(RequestField.None, names.Find(Encoding.ASCII.GetBytes(name + "_")));
                Assert.Equal(RequestField.None, names.Find(Encoding.ASCII.GetBytes(name[1..])));
            }

            Assert.Equal(RequestField.None, names.Find(default));
        }
    }

    private static ParseOutcome Read(FieldNames names, string body, out string token, out bool isPeek)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body), scratch = new byte[RequestFields.ScratchLengthFor(bytes.Length, 0)];
        ParseOutcome outcome = RequestFields.Read(
            names, ContentType.Of(body[0] is '{' or '[' ? Reading.Json : Reading.Form), bytes, default, scratch, out RequestFields fields);
        (token, isPeek) = (Encoding.UTF8.GetString(fields.Token), fields.IsPeek);
        return outcome;
    }
}
