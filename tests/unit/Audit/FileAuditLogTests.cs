using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File.Audit;

namespace CaptchaCluster.Tests.Unit.Audit;

/// <summary>The file of what administrators did: nothing acknowledged is lost, nothing half written is read, and it ends somewhere.</summary>
[SupportedOSPlatform("linux")]
public sealed class FileAuditLogTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("captchacluster-audit-").FullName;
    private readonly List<string> notices = [];

    private string Active => Path.Combine(directory, "audit.log");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Entries_are_numbered_without_a_gap_across_starts()
    {
        using (FileAuditLog log = Open())
        {
            Assert.Equal((1L, 2L), (await log.AppendAsync(Entry("a")), await log.AppendAsync(Entry("b"))));
        }

        using FileAuditLog again = Open();
        Assert.Equal(3, await again.AppendAsync(Entry("c")));
        Assert.Equal(["1 a", "2 b", "3 c"], Read(again, after: 0));
        Assert.Empty(notices);
    }

    [Fact]
    public async Task Many_at_once_each_get_a_number_of_their_own_and_are_in_the_file_when_told()
    {
        using FileAuditLog log = Open();
        long[] numbers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            long number = await log.AppendAsync(Entry($"n{i}"));
            Assert.True(log.Last >= number);
            return number;
        }));
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), numbers.Order());
        Assert.Equal(500, File.ReadLines(Active).Count());
        Assert.Equal(numbers.Select((number, i) => $"{number} n{i}").Order(StringComparer.Ordinal), Read(log, 0).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Only_the_owner_may_read_its_files()
    {
        using FileAuditLog log = Open(new() { FileBytes = 200, Files = 4 });
        for (int i = 0; i < 10; i++) await log.AppendAsync(Entry("a"));
        string[] files = Directory.GetFiles(directory);
        Assert.Equal(4, files.Length);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"seq\":3,\"time\":\"2026")]
    [InlineData("{\"seq\":3}")]
    [InlineData("\0\0\0\0")]
    public async Task What_a_crash_left_behind_the_last_line_is_dropped_and_told(string torn)
    {
        using (FileAuditLog log = Open())
        {
            await log.AppendAsync(Entry("a"));
            await log.AppendAsync(Entry("b"));
        }

        long whole = new FileInfo(Active).Length;
        await File.AppendAllTextAsync(Active, torn);
        using FileAuditLog again = Open();
        Assert.Equal(whole, new FileInfo(Active).Length);
        Assert.Equal($"The last write to the audit log '{Active}', at offset {whole}, was never completed nor acknowledged; it is dropped.", Assert.Single(notices));
        Assert.Equal(3, await again.AppendAsync(Entry("c")));
        Assert.Equal(["1 a", "2 b", "3 c"], Read(again, 0));
    }

    [Theory]
    [InlineData((byte)'{', (byte)'x')]
    [InlineData((byte)'}', (byte)'x')]
    [InlineData((byte)':', (byte)0)]
    public async Task A_damaged_line_is_left_out_and_told_and_the_others_are_read(byte right, byte wrong)
    {
        using (FileAuditLog log = Open())
        {
            foreach (string name in new[] { "a", "b", "c" }) await log.AppendAsync(Entry(name));
        }

        byte[] bytes = File.ReadAllBytes(Active);
        int second = Array.IndexOf(bytes, (byte)'\n') + 1;
        bytes[Array.IndexOf(bytes, right, second)] = wrong;
        File.WriteAllBytes(Active, bytes);
        using FileAuditLog again = Open();
        Assert.Equal($"1 lines of the audit log '{Active}' are damaged; they stay as they are, and are left out when it is read.", Assert.Single(notices));
        Assert.Equal(4, await again.AppendAsync(Entry("d")));
        Assert.Equal(["1 a", "3 c", "4 d"], Read(again, 0));
    }

    [Fact]
    public async Task A_line_without_end_does_not_fill_the_memory_and_hides_no_other()
    {
        using (FileAuditLog log = Open()) await log.AppendAsync(Entry("a"));
        await File.AppendAllTextAsync(Active, new string('x', 300_000) + "\n");
        using FileAuditLog again = Open();
        Assert.Equal(2, await again.AppendAsync(Entry("b")));
        Assert.Equal(["1 a", "2 b"], Read(again, 0));
    }

    [Fact]
    public async Task The_oldest_entries_are_dropped_file_by_file_and_the_rest_is_read_in_pages()
    {
        const int count = 200;
        FileAuditLogOptions options = new() { FileBytes = 1000, Files = 3 };
        using (FileAuditLog log = Open(options))
        {
            for (int i = 1; i <= count; i++) await log.AppendAsync(Entry($"n{i}"));
        }

        Assert.Equal(3, Directory.GetFiles(directory).Length);
        Assert.All(Directory.GetFiles(directory), file => Assert.InRange(new FileInfo(file).Length, 1, options.FileBytes));
        using FileAuditLog again = Open(options);
        AuditPage newest = again.Read(after: null, limit: 5);
        Assert.Equal(Enumerable.Range(count - 4, 5).Select(i => $"{i} n{i}"), Texts(newest));
        Assert.Equal(count, newest.Last);
        Assert.InRange(newest.First, 2, count - 5);

        List<string> all = [];
        for (long after = 0; ;)
        {
            AuditPage page = again.Read(after, limit: 3);
            if (page.Entries.Count == 0) break;
            Assert.Equal(newest.First, page.First);
            all.AddRange(Texts(page));
            after = NumberOf(page.Entries[^1]);
        }

        Assert.Equal(Enumerable.Range((int)newest.First, count - (int)newest.First + 1).Select(i => $"{i} n{i}"), all);
        Assert.Empty(again.Read(after: count, limit: 1).Entries);
        Assert.Empty(again.Read(after: long.MaxValue - 1, limit: 1).Entries);
    }

    [Fact]
    public async Task After_the_active_file_was_lost_numbers_go_on_from_the_others()
    {
        FileAuditLogOptions options = new() { FileBytes = 300, Files = 8 };
        using (FileAuditLog log = Open(options))
        {
            for (int i = 0; i < 12; i++) await log.AppendAsync(Entry("a"));
        }

        long before = long.Parse(Path.GetFileNameWithoutExtension(Directory.GetFiles(directory, "audit-*").Max(StringComparer.Ordinal)!)["audit-".Length..], System.Globalization.CultureInfo.InvariantCulture);
        File.Delete(Active);
        using FileAuditLog again = Open(options);
        Assert.InRange(await again.AppendAsync(Entry("b")), before + 1, 13);
    }

    [Fact]
    public async Task What_cannot_be_written_is_told_and_once_it_can_it_goes_on_without_a_gap()
    {
        using FileAuditLog log = Open(new() { FileBytes = 300, Files = 8 });
        string inTheWay = Active + ".tmp";
        Directory.CreateDirectory(inTheWay);
        await log.AppendAsync(Entry("a"));
        await log.AppendAsync(Entry("b"));
        Assert.False(log.IsFailing);
        IOException refusal = await Assert.ThrowsAsync<IOException>(() => log.AppendAsync(Entry(new string('c', 200))));
        Assert.StartsWith($"The audit log '{Active}' cannot be written: ", refusal.Message);
        Assert.True(log.IsFailing);
        Assert.Equal(2, log.Last);

        Directory.Delete(inTheWay);
        Assert.Equal(3, await log.AppendAsync(Entry("d")));
        Assert.False(log.IsFailing);
        Assert.Equal(["1 a", "2 b", "3 d"], Read(log, 0));
    }

    [Fact]
    public async Task It_is_read_while_it_is_written_and_files_come_and_go()
    {
        using FileAuditLog log = Open(new() { FileBytes = 2000, Files = 3 });
        Task writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (int i = 0; i < 150; i++) await log.AppendAsync(Entry("a"));
        }));
        int reads = 0;
        do
        {
            AuditPage page = log.Read(null, 20);
            long[] numbers = [.. page.Entries.Select(NumberOf)];
            Assert.Equal(numbers.Length == 0 ? [] : Enumerable.Range(0, numbers.Length).Select(i => page.Last - numbers.Length + 1 + i), numbers);
            Assert.True(numbers.Length >= Math.Min(page.Last, 8), $"{numbers.Length} of {page.Last}");
            reads++;
        }
        while (!writing.IsCompleted);
        await writing;
        Assert.True(reads > 1);
        Assert.Equal(600, log.Last);
    }

    private FileAuditLog Open(FileAuditLogOptions? options = null) => FileAuditLog.Open(directory, options ?? new(), notices.Add);

    private static AuditEntry Entry(string target) => new() { Time = new UnixSeconds(1_800_000_000), Action = "site.create", Target = target };

    private static string[] Read(FileAuditLog log, long after) => Texts(log.Read(after, 1000));

    private static string[] Texts(AuditPage page) =>
        [.. page.Entries.Select(entry => $"{NumberOf(entry)} {JsonElement.Parse(entry.Span).GetProperty("target").GetString()}")];

    private static long NumberOf(ReadOnlyMemory<byte> entry) => JsonElement.Parse(Encoding.UTF8.GetString(entry.Span)).GetProperty("seq").GetInt64();
}
