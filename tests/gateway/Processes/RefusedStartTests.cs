using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Gateway.Processes;

/// <summary>Starts that must not come to be: each ends with another code than 0 and says why in one line.</summary>
[Collection(ProcessCollection.Name)]
[Trait("Invariant", "I1 I2 I9")]
public sealed partial class RefusedStartTests
{
    private readonly RecordedRun run = new();
    private readonly Traffic names = new();

    [Fact]
    public async Task A_second_process_on_a_data_directory_ends_and_leaves_the_first_alone()
    {
        using TestDirectory directory = new();
        await using GatewayProcess first = await GatewayProcess.StartAsync(directory.Path);
        await run.AddSitesAsync(first.Admin, 1);
        MintedToken[] tokens = await run.MintAsync(first.Admin, 20);
        Submission before = Submission.Of(tokens[0], names.NewKey());
        await ExpectAsync(first, Verdict.Success, before);
        string[] files = FilesOf(directory.Path);

        string detour = Path.Combine(directory.Root, "detour");
        Directory.CreateSymbolicLink(detour, directory.Path);
        foreach (string path in new[] { directory.Path, directory.Path, detour })
            AssertRefused(await GatewayProcess.StartRefusedAsync(path), $"'{path}'");

        Assert.Equal(files, FilesOf(directory.Path));
        Assert.Equal(HttpStatusCode.OK, await first.HealthAsync("/healthz/ready"));
        await ExpectAsync(first, Verdict.Success, before);
        await ExpectAsync(first, Verdict.Duplicate, Submission.Of(tokens[0], null));
        await ExpectAsync(first, Verdict.Success, WithoutKey(tokens[1..]));
        Assert.Equal(0, (await first.TerminateAsync()).Code);
        run.Judge(directory.Path, new() { Success = 20, Replays = 1, Duplicate = 1 }, ProcessSeed.Value);
    }

    [FactWithSmallDisk]
    public async Task A_full_disk_refuses_the_start_until_there_is_room()
    {
        using SmallDisk disk = new();
        disk.Fill();
        AssertRefused(await GatewayProcess.StartRefusedAsync(disk.Data), $"'{disk.Data}'", "No space left on device");
        disk.Free();
        MintedToken[] tokens;
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(disk.Data))
        {
            await run.AddSitesAsync(gateway.Admin, 1);
            tokens = await run.MintAsync(gateway.Admin, 20);
            await ExpectAsync(gateway, Verdict.Success, WithoutKey(tokens[..15]));
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        disk.Fill();
        AssertRefused(await GatewayProcess.StartRefusedAsync(disk.Data), $"'{disk.Data}'", "No space left on device");
        disk.Free();
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(disk.Data))
        {
            await ExpectAsync(gateway, Verdict.Duplicate, WithoutKey(tokens[..15]));
            await ExpectAsync(gateway, Verdict.Success, WithoutKey(tokens[15..]));
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        run.Judge(disk.Data, new() { Success = 20, Duplicate = 15 }, ProcessSeed.Value);
    }

    [Fact]
    public async Task One_flipped_bit_in_an_acknowledged_batch_refuses_the_start()
    {
        using TestDirectory directory = new();
        await using (GatewayProcess gateway = await GatewayProcess.StartAsync(directory.Path))
        {
            await run.AddSitesAsync(gateway.Admin, 2);
            await ExpectAsync(gateway, Verdict.Success, WithoutKey(await run.MintAsync(gateway.Admin, 20)));
            Assert.Equal(0, (await gateway.TerminateAsync()).Code);
        }

        string segment = Assert.Single(Directory.GetFiles(LedgerOnDisk.DirectoryOf(directory.Path)));
        byte[] whole = File.ReadAllBytes(segment);
        Random random = new(ProcessSeed.Value);
        int[] starts = StartsOfBatches(whole);
        foreach (int batch in new[] { 0, random.Next(1, starts.Length - 2), starts.Length - 2 })
        {
            byte[] damaged = [.. whole];
            int position = random.Next(starts[batch], starts[batch + 1]);
            damaged[position] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(segment, damaged);
            string line = AssertRefused(await GatewayProcess.StartRefusedAsync(directory.Path), $"'{segment}'");
            Match offset = DamagedAt().Match(line);
            Assert.True(
                offset.Success && int.Parse(offset.Groups[1].ValueSpan, CultureInfo.InvariantCulture) == starts[batch],
                $"byte {position}, in the batch at {starts[batch]}, was flipped: {line} ({ProcessSeed.Describe(ProcessSeed.Value)})");
            Assert.Equal(damaged, File.ReadAllBytes(segment));
        }

        File.WriteAllBytes(segment, whole);
        await using GatewayProcess mended = await GatewayProcess.StartAsync(directory.Path);
    }

    private static Submission[] WithoutKey(MintedToken[] tokens) => [.. tokens.Select(token => Submission.Of(token, null))];

    private async Task ExpectAsync(GatewayProcess gateway, Verdict expected, params Submission[] submissions)
    {
        foreach (Submission submission in submissions) Assert.Equal(expected, (await run.SendAsync(gateway.Public, submission)).Verdict);
    }

    private static string AssertRefused(GatewayExit exit, params string[] words)
    {
        Assert.NotEqual(0, exit.Code);
        string line = exit.Errors;
        Assert.DoesNotContain('\n', line);
        Assert.All(words, word => Assert.Contains(word, line));
        return line;
    }

    private static string[] FilesOf(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>Offsets of the segment's batches, and its end.</summary>
    private static int[] StartsOfBatches(byte[] segment)
    {
        SegmentHeader header = SegmentHeader.Decode(segment, out int offset, out _)!;
        List<int> starts = [offset];
        while (offset < segment.Length)
        {
            Assert.True(BatchFormat.TryReadHeader(segment.AsSpan(offset), header.Nonce, out int records, out int newSites, out _));
            starts.Add(offset += BatchFormat.LengthOf(records, newSites));
        }

        return [.. starts];
    }

    [GeneratedRegex(@"damaged at offset (\d+):")]
    private static partial Regex DamagedAt();
}
