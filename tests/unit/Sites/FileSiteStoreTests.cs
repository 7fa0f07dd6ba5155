using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.File;

namespace CaptchaCluster.Tests.Unit.Sites;

public sealed class FileSiteStoreTests : IDisposable
{
    private const int Seed = 20_261_209;

    private readonly string directory = Directory.CreateTempSubdirectory("captcha-sites-").FullName;
    private readonly FileSiteStore store;

    public FileSiteStoreTests() => store = new FileSiteStore(directory);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Every_member_is_loaded_as_it_was_saved()
    {
        Site[] sites = [.. Enumerable.Range(0, 150).Select(i => SiteSamples.Any(new Random(Seed + i)))];
        foreach (Site site in sites) await store.SaveAsync(site, default);
        Dictionary<SiteKey, Site> loaded = (await store.LoadAsync(default)).ToDictionary(site => site.Key);
        Assert.Equal(sites.Length, loaded.Count);
        for (int i = 0; i < sites.Length; i++)
        {
            string expected = SiteSamples.Dump(sites[i]), actual = SiteSamples.Dump(loaded[sites[i].Key]);
            Assert.True(expected == actual, $"seed {Seed + i}: expected\n{expected}\nwas\n{actual}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rotation_with_an_id_can_be_had_again_after_a_restart(bool immediate)
    {
        RotationRequest request = new(immediate, "rotation-id-of-22-chars");
        (RotationResult reply, Site? rotated) = SiteRotation.Decide(SiteSamples.New(out _), request, SiteSamples.Now);
        await store.SaveAsync(rotated!, default);
        Site loaded = Assert.Single(await store.LoadAsync(default));
        Assert.Equal((reply, null), SiteRotation.Decide(loaded, request, SiteSamples.Now + 1));
    }

    [Fact]
    public async Task The_last_version_saved_is_the_one_that_is_loaded()
    {
        Site site = SiteSamples.New(out _);
        for (int version = 1; version <= 20; version++)
            await store.SaveAsync(site with { Version = version, Policy = site.Policy with { Name = new string('x', 21 - version) } }, default);
        Site loaded = Assert.Single(await store.LoadAsync(default));
        Assert.Equal((20L, "x"), (loaded.Version, loaded.Policy.Name));
    }

    [Fact]
    [Trait("Invariant", "I11")]
    public async Task A_file_can_be_read_by_a_person_and_tells_no_secret()
    {
        Site site = SiteSamples.New(out string first);
        const string Id = "rotation-id-of-22-chars";
        (RotationResult result, Site? rotated) = SiteRotation.Decide(site, new RotationRequest(false, Id), SiteSamples.Now);
        await store.SaveAsync(rotated!, default);

        string path = Assert.Single(Directory.GetFiles(directory));
        string text = await File.ReadAllTextAsync(path);
        Assert.Equal(site.Key + ".json", Path.GetFileName(path));
        Assert.Contains("\n  \"created_at\": \"2027-01-15T08:00:00+00:00\",\n", text);
        Assert.Contains("\n  \"ip_binding\": \"Off\",\n", text);
        foreach (string secret in new[] { first, ((RotationResult.Rotated)result).Secret })
        {
            Assert.DoesNotContain(secret[40..72], text);
            Assert.DoesNotContain(Convert.ToHexString(Encoding.ASCII.GetBytes(secret[40..72])), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.ASCII.GetBytes(secret[42..72])), text);
        }

        Assert.DoesNotContain(Id, text);
    }

    [Fact]
    [Trait("Invariant", "I11")]
    [SupportedOSPlatform("linux")]
    public async Task Only_the_owner_may_read_a_file_also_once_it_was_replaced()
    {
        Site site = SiteSamples.New(out _);
        for (int version = 1; version <= 2; version++)
        {
            await store.SaveAsync(site with { Version = version }, default);
            string path = Path.Combine(directory, site.Key + ".json");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }
    }

    [Fact]
    public async Task What_a_crash_left_half_written_is_removed_and_not_loaded()
    {
        Site site = SiteSamples.New(out _);
        await store.SaveAsync(site, default);
        string path = Path.Combine(directory, site.Key + ".json");
        await File.WriteAllTextAsync(path + ".tmp", "{\"sitekey\": \"cpt");
        await File.WriteAllTextAsync(Path.Combine(directory, SiteKey.New() + ".json.tmp"), "");
        Assert.Single(await store.LoadAsync(default));
        Assert.Equal([path], Directory.GetFiles(directory));
    }

    [Fact]
    public async Task A_save_goes_over_what_a_crash_left()
    {
        Site site = SiteSamples.New(out _);
        await File.WriteAllTextAsync(Path.Combine(directory, site.Key + ".json.tmp"), new string('x', 100_000));
        await store.SaveAsync(site, default);
        Assert.Equal(site.Key, Assert.Single(await store.LoadAsync(default)).Key);
        Assert.Single(Directory.GetFiles(directory));
    }

    [Fact]
    public async Task A_renamed_file_is_named_in_the_error()
    {
        Site site = SiteSamples.New(out _);
        await store.SaveAsync(site, default);
        string renamed = Path.Combine(directory, SiteKey.New() + ".json");
        File.Move(Path.Combine(directory, site.Key + ".json"), renamed);
        await AssertNamedAsync(renamed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("readme")]
    [InlineData("\0\0\0\0")]
    public async Task A_foreign_file_is_named_in_the_error(string content)
    {
        string path = Path.Combine(directory, SiteKey.New() + ".json");
        await File.WriteAllTextAsync(path, content);
        await AssertNamedAsync(path);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 1.5")]
    [InlineData("\"version\": 1", "\"version\": null")]
    [InlineData("\"version\": 1", "\"version\": 0")]
    [InlineData("\"version\": 1", "\"versions\": 1")]
    [InlineData("\"version\": 1", "\"version\": 1, \"extra\": 2")]
    [InlineData("\"name\": \"a site\"", "\"name\": null")]
    [InlineData("\"hostnames\": []", "\"hostnames\": null")]
    [InlineData("\"hostnames\": []", "\"hostnames\": [null]")]
    [InlineData("\"hostnames\": []", "\"hostnames\": [\"*.example.com\"]")]
    [InlineData("\"ip_binding\": \"Off\"", "\"ip_binding\": \"Sometimes\"")]
    [InlineData("\"ip_binding\": \"Off\"", "\"ip_binding\": 7")]
    [InlineData("\"ip_binding\": \"Off\"", "\"ip_binding\": \"7\"")]
    [InlineData("\"tier\": \"Unlimited\"", "\"tier\": -1")]
    [InlineData("\"token_ttl_seconds\": 600", "\"token_ttl_seconds\": 0")]
    [InlineData("\"generation\": 1", "\"generation\": 0")]
    [InlineData("\"generation\": 1", "\"generation\": 99999999999")]
    [InlineData("\"created_at\": \"2027", "\"created_at\": \"the year 2027")]
    [InlineData("\"secret_sha256\": \"", "\"secret_sha256\": \"0")]
    [InlineData("\"secret_sha256\": \"", "\"secret_sha256\": null, \"x\": \"")]
    [InlineData("\"disabled\": false", "\"disabled\": false, \"disabled\": true")]
    public async Task A_file_with_a_wrong_member_is_named_in_the_error(string part, string other)
    {
        Site site = SiteSamples.New(out _);
        await store.SaveAsync(site, default);
        string path = Path.Combine(directory, site.Key + ".json");
        string text = await File.ReadAllTextAsync(path);
        Assert.Contains(part, text);
        await File.WriteAllTextAsync(path, text.Replace(part, other));
        await AssertNamedAsync(path);
    }

    [Fact]
    public async Task A_file_cut_short_anywhere_is_named_in_the_error()
    {
        Site site = Rich();
        await store.SaveAsync(site, default);
        string path = Path.Combine(directory, site.Key + ".json");
        byte[] whole = await File.ReadAllBytesAsync(path);
        for (int length = 0; length < whole.Length; length += 1 + (length / 400))
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            await AssertNamedAsync(path);
        }
    }

    [Fact]
    public async Task A_file_with_any_byte_spoiled_loads_or_is_named_in_the_error()
    {
        Site site = Rich();
        await store.SaveAsync(site, default);
        string path = Path.Combine(directory, site.Key + ".json");
        byte[] whole = await File.ReadAllBytesAsync(path);
        Random random = new(Seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] spoiled = [.. whole];
            spoiled[random.Next(spoiled.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"0\"{}[],:n-"[random.Next(10)];
            await File.WriteAllBytesAsync(path, spoiled);
            try
            {
                await store.LoadAsync(default);
            }
            catch (Exception exception)
            {
                Assert.True(exception is InvalidDataException && exception.Message.Contains(path), $"seed {Seed}, case {i}: {exception}");
            }
        }
    }

    private static Site Rich() => Enumerable.Range(Seed, 1000).Select(seed => SiteSamples.Any(new Random(seed)))
        .First(site => site is { Previous: not null, LastRotation.OldSecretExpiresAt: not null, Policy.Hostnames.Length: 3 });

    private async Task AssertNamedAsync(string path)
    {
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(async () => await store.LoadAsync(default));
        Assert.Contains(path, error.Message);
        Assert.True(error.InnerException is JsonException or FormatException);
    }
}
