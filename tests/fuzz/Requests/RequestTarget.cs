using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;
using CaptchaCluster.Tests.Fuzz.Mutation;

namespace CaptchaCluster.Tests.Fuzz.Requests;

/// <summary>A verification request in one encoding, read as the reference reads it. Its query follows from the body.</summary>
internal sealed class RequestTarget(
    string name,
    int share,
    byte[][] samples,
    byte[][] tokens,
    Func<byte[], string, Reading> read,
    Func<byte[], string, Reading> reference) : FuzzTarget
{
    public override string Name => name;

    public override int Share => share;

    public static RequestTarget Form { get; } = new("form", 10, RequestSamples.Forms, RequestSamples.FormTokens,
        (body, query) => Reading.Of(Reading.Form, body, query),
        (body, query) => body.Length == 0
            ? ReferenceParser.Judge(ReferenceParser.Query(query))
            : ReferenceParser.Judge(ReferenceParser.Form(Latin1(body)), ReferenceParser.Query(query)));

    // One character per byte, so that there are non-ASCII ones; sometimes with half a surrogate pair.
    public static RequestTarget Query { get; } = new("query", 8, RequestSamples.Forms, RequestSamples.FormTokens,
        (body, query) => Reading.Of(null, "", Latin1(body) + query),
        (body, query) => ReferenceParser.Judge(ReferenceParser.Query(Latin1(body) + query)));

    public static RequestTarget Json { get; } = new("json", 8, RequestSamples.Jsons, RequestSamples.JsonTokens,
        (body, query) => Reading.Of(Reading.Json, body, query),
        (body, query) => ReferenceParser.Judge(body.Length == 0 ? [] : ReferenceParser.Json(body), ReferenceParser.Query(query)));

    public static RequestTarget Multipart { get; } = new("multipart", 4, RequestSamples.Multiparts, RequestSamples.MultipartTokens,
        (body, query) => Reading.Of(Reading.Multipart, body, query),
        (body, query) => ReferenceParser.Judge(
            body.Length == 0 ? [] : ReferenceParser.Multipart(Latin1(body), "b"), ReferenceParser.Query(query)));

    public override byte[] Next(Random random) => new Mutator(random, samples, tokens).Next();

    public override Judgement Judge(byte[] input)
    {
        string query = (input.Length % 8) switch
        {
            1 => "?secret=q&remoteip=1&x=%4",
            5 => "?idempotency_key=+&sitekey=\ud800%41",
            _ => "",
        };
        Reading actual = read(input, query);
        Reading expected = reference(input, query);
        return new(actual.Outcome == ParseOutcome.Parsed, actual == expected ? null : $"expected {expected}, was {actual}");
    }

    private static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
