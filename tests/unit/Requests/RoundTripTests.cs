using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CaptchaCluster.Gateway.Dialects.Requests;

namespace CaptchaCluster.Tests.Unit.Requests;

/// <summary>
/// Whatever the fields are, they arrive as they were sent, through the encoders that .NET clients use and blunt ones of our own.
/// </summary>
public sealed class RoundTripTests
{
    private const int Cases = 10_000;
    private const int FirstSeed = 7;

    [Fact]
    public Task Form() => Holds(async (fields, _) =>
    {
        using var content = new FormUrlEncodedContent(fields);
        return Reading.Of(content.Headers.ContentType!.ToString(), await content.ReadAsByteArrayAsync());
    });

    [Fact]
    public Task Form_with_everything_escaped() => Holds((fields, _) => Task.FromResult(Reading.Of(
        Reading.Form, string.Join('&', fields.Select(f => $"{Percent(f.Key)}={Percent(f.Value)}")))));

    [Fact]
    public Task Query() => Holds((fields, _) => Task.FromResult(Reading.Of(
        null, "", "?" + string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}")))));

    [Fact]
    public Task Json() => Holds((fields, _) => Task.FromResult(Reading.Of(
        Reading.Json, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(fields)))));

    [Fact]
    public Task Json_with_hardly_anything_escaped() => Holds((fields, _) => Task.FromResult(Reading.Of(
        Reading.Json, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(fields), Relaxed))));

    [Fact]
    public Task Json_with_everything_escaped() => Holds((fields, _) => Task.FromResult(Reading.Of(
        Reading.Json, "{" + string.Join(',', fields.Select(f => $"\"{Units(f.Key)}\":\"{Units(f.Value)}\"")) + "}")));

    [Fact]
    public Task Multipart() => Holds(async (fields, random) =>
    {
        using var content = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            var quoted = random.Next(2) == 0 ? name : $"\"{name}\"";
            if (random.Next(4) == 0) content.Add(new StringContent(value), quoted, "file.txt");
            else content.Add(new StringContent(value), quoted);
        }

        return Reading.Of(content.Headers.ContentType!.ToString(), await content.ReadAsByteArrayAsync());
    });

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static async Task Holds(Func<List<KeyValuePair<string, string>>, Random, Task<Reading>> send)
    {
        for (var seed = FirstSeed; seed < FirstSeed + Cases; seed++)
        {
            var random = new Random(seed);
            var sent = new Reading(ParseOutcome.Parsed, Value(random), Value(random), Value(random), Value(random), Value(random));
            var fields = new List<KeyValuePair<string, string>>();
            Add("secret", sent.Secret);
            Add("response", sent.Response);
            Add(random.Next(2) == 0 ? "remoteip" : "remote_ip", sent.RemoteIp);
            Add("idempotency_key", sent.IdempotencyKey);
            Add("sitekey", sent.SiteKey);
            if (random.Next(2) == 0) Add("version", "php_1.2.4");

            var expected = new Reading(ParseOutcome.Parsed, Reading.Bytes(sent.Secret), Reading.Bytes(sent.Response),
                Reading.Bytes(sent.RemoteIp), Reading.Bytes(sent.IdempotencyKey), Reading.Bytes(sent.SiteKey));
            var received = await send(fields, random);
            Assert.True(expected == received, $"seed {seed}: sent {expected}, received {received}");

            void Add(string name, string? value)
            {
                if (value is null) return;
                var cased = string.Concat(name.Select(c => random.Next(4) == 0 ? char.ToUpperInvariant(c) : c));
                fields.Insert(random.Next(fields.Count + 1), new(cased, value));
            }
        }
    }

    private static string? Value(Random random)
    {
        if (random.Next(4) == 0) return null;
        var value = new StringBuilder();
        for (var left = random.Next(40); left > 0; left--) value.Append(Scalar(random));
        return value.ToString();
    }

    private static Rune Scalar(Random random)
    {
        while (true)
        {
            var limit = random.Next(4) switch { 0 => 0x110000, 1 => 0x10000, 2 => 0x800, _ => 0x80 };
            if (Rune.TryCreate(random.Next(limit), out var scalar)) return scalar;
        }
    }

    private static string Percent(string text) =>
        string.Concat(Encoding.UTF8.GetBytes(text).Select(b => "%" + b.ToString("x2", CultureInfo.InvariantCulture)));

    private static string Units(string text) =>
        string.Concat(text.Select(c => "\\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture)));
}
