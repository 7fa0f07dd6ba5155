using System.Globalization;
using System.Text;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

/// <summary>
/// A million spoiled requests: none makes a parser throw, and each is read as the reference reads it. The seed of a failing case is in
/// the message; put it in REQUESTS_SEED to begin there, or any other number to walk elsewhere.
/// </summary>
[Trait("Invariant", "I12")]
public sealed class MutationTests
{
    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("REQUESTS_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 20_261_120;

    [Fact]
    public void Forms_are_read_as_the_reference_reads_them() => Compare(350_000, MutationSamples.Forms, MutationSamples.FormTokens,
        (body, query) => Reading.Of(Reading.Form, body, query),
        (body, query) => body.Length == 0
            ? ReferenceParser.Judge(ReferenceParser.Query(query))
            : ReferenceParser.Judge(ReferenceParser.Form(Latin1(body)), ReferenceParser.Query(query)));

    [Fact]
    public void Queries_are_read_as_the_reference_reads_them() => Compare(200_000, MutationSamples.Forms, MutationSamples.FormTokens,
        (body, query) => Reading.Of(null, "", AsQuery(body, query)),
        (body, query) => ReferenceParser.Judge(ReferenceParser.Query(AsQuery(body, query))));

    [Fact]
    public void Json_is_read_as_the_reference_reads_it() => Compare(250_000, MutationSamples.Jsons, MutationSamples.JsonTokens,
        (body, query) => Reading.Of(Reading.Json, body, query),
        (body, query) => ReferenceParser.Judge(body.Length == 0 ? [] : ReferenceParser.Json(body), ReferenceParser.Query(query)));

    [Fact]
    public void Multipart_is_read_as_the_reference_reads_it() => Compare(
        250_000, MutationSamples.Multiparts, MutationSamples.MultipartTokens,
        (body, query) => Reading.Of(Reading.Multipart, body, query),
        (body, query) => ReferenceParser.Judge(
            body.Length == 0 ? [] : ReferenceParser.Multipart(Latin1(body), "b"), ReferenceParser.Query(query)));

    private static void Compare(
        int cases,
        byte[][] samples,
        byte[][] tokens,
        Func<byte[], string, Reading> read,
        Func<byte[], string, Reading> reference)
    {
        var parsed = 0;
        for (var i = 0; i < cases; i++)
        {
            var mutator = new Mutator(FirstSeed + i, samples, tokens);
            var body = mutator.Next();
            var query = mutator.Random.Next(4) switch
            {
                0 => "?secret=q&remoteip=1&x=%4",
                1 => "?idempotency_key=+&sitekey=\ud800%41",
                _ => "",
            };

            Reading? expected = null, actual = null;
            Exception? thrown = null;
            try
            {
                actual = read(body, query);
                expected = reference(body, query);
            }
            catch (Exception e)
            {
                thrown = e;
            }

            if (actual?.Outcome == ParseOutcome.Parsed) parsed++;
            if (thrown is not null || actual != expected)
            {
                Assert.Fail($"seed {FirstSeed + i}: expected {expected}, was {actual} {thrown}\n"
                    + $"body (one character per byte): {Latin1(body)}\nbase64: {Convert.ToBase64String(body)}\nquery: {query}");
            }
        }

        // Neither verdict so rare that the comparison would say little about it.
        Assert.InRange(parsed, cases / 10, cases * 9 / 10);
    }

    // One character per byte, so that there are non-ASCII ones; sometimes with half a surrogate pair.
    private static string AsQuery(byte[] body, string suffix) => Latin1(body) + suffix;

    private static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
