using System.Text;
using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage;
using CaptchaCluster.Tests.Fuzz.Mutation;

namespace CaptchaCluster.Tests.Fuzz.Sites;

/// <summary>
/// Site files as a hand or a disk may have changed them: refused with an exception that the store turns into a line, or read as
/// what they say.
/// </summary>
internal sealed class SiteFileTarget : FuzzTarget
{
    private static readonly byte[][] Samples = [.. Enumerable.Range(0, 24).Select(i => Write(Sample(new Random(i))))];

    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "null", "true", "false", "0", "-1", "1e3", "99999999999999999999", "\"\"", "[]", "{}", "[null]", "\"x\"", ",", "\"", "{", "}", ":",
            "\"sitekey\":", "\"version\":", "\"generation\":", "\"previous_secret\":", "\"last_rotation\":", "\"hostnames\":", "\"deleted_at\":",
            "\"0001-01-01T00:00:00+00:00\"", "\"9999-12-31T23:59:59.9999999+00:00\"", "\"2026-11-21T00:00:00\"", "\"tier\": 7", "\"off\"", "\\u0000",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override string Name => "site-file";

    public override int Share => 4;

    public override byte[] Next(Random random) => new Mutator(random, Samples, Pieces).Next();

    public override Judgement Judge(byte[] input)
    {
        Site site;
        try
        {
            site = Read(input);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return new(IsAccepted: false);
        }

        return new(IsAccepted: true, WrongIn(input, site));
    }

    private static string? WrongIn(byte[] input, Site site)
    {
        if (site.Generation.Value <= 0) return $"generation {site.Generation.Value}";
        if (site.Previous is { } previous && (previous.Generation.Value <= 0 || previous.Generation.Value >= site.Generation.Value))
            return $"the previous secret is of generation {previous.Generation.Value}, and the secret of {site.Generation.Value}";
        if (site.LastRotation is { } rotation && (rotation.Generation.Value <= 0 || rotation.Generation.Value > site.Generation.Value))
            return $"the last rotation made generation {rotation.Generation.Value}, and the secret is of {site.Generation.Value}";
        if (site.DeletedAt is null && site.SecretHash.Length != SiteSecret.HashSize) return "its secret has no hash";

        byte[] written = Write(site);
        if (!Write(Read(written)).AsSpan().SequenceEqual(written)) return "what is written is not read";
        using JsonDocument said = JsonDocument.Parse(input);
        using JsonDocument understood = JsonDocument.Parse(written);
        foreach (string member in (string[])["sitekey", "version", "name", "disabled", "generation", "enforce_hostname", "token_ttl_seconds"])
        {
            (JsonElement one, JsonElement other) = (said.RootElement.GetProperty(member), understood.RootElement.GetProperty(member));
            if (!JsonElement.DeepEquals(one, other)) return $"\"{member}\" is {one}, and was read as {other}";
        }

        return null;
    }

    private static Site Read(byte[] json) =>
        (JsonSerializer.Deserialize(json, SiteDocumentContext.Default.SiteDocument) ?? throw new FormatException("null")).ToSite();

    private static byte[] Write(Site site) => JsonSerializer.SerializeToUtf8Bytes(SiteDocument.Of(site), SiteDocumentContext.Default.SiteDocument);

    private static Site Sample(Random random)
    {
        SiteKey key = new((ulong)random.NextInt64(), (ulong)random.NextInt64());
        UnixSeconds now = new(1_800_000_000);
        Site site = new()
        {
            Key = key,
            Version = random.Next(1, 100),
            Policy = new SitePolicy
            {
                Name = random.Next(2) == 0 ? "a shop" : "é \" \\ 😀",
                Hostnames = random.Next(2) == 0 && Hostname.TryParse("h1.example", out Hostname hostname) ? [hostname] : [],
                TokenTtlSeconds = random.Next(1, 7200),
            },
            Generation = Generation.First,
            SecretHash = [.. SiteSecret.Hash(SiteSecret.New(key))],
            CreatedAt = now,
        };
        for (int rotations = random.Next(3); rotations > 0; rotations--)
        {
            RotationRequest request = new(random.Next(2) == 0, random.Next(2) == 0 ? new string('r', 22) + rotations : null);
            site = SiteRotation.Decide(site, request, now).Changed ?? site;
        }

        return random.Next(4) == 0 ? site with { DeletedAt = now, SecretHash = [], Previous = null, LastRotation = null } : site;
    }
}
