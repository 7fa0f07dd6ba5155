using System.Runtime.Versioning;
using CaptchaCluster.Storage.File.Backup;

namespace CaptchaCluster.Tests.Unit.Backup;

/// <summary>Where a backup may go, what stays of one that fails, and what a start makes of it.</summary>
[SupportedOSPlatform("linux")]
public sealed class BackupFolderTests : IDisposable
{
    private static readonly UnixSeconds Begun = new(1_800_000_000);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-backup-");
    private readonly string data;
    private readonly string target;

    public BackupFolderTests()
    {
        data = directory.CreateSubdirectory("data").FullName;
        target = Path.Combine(directory.FullName, "backup");
    }

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void A_folder_must_be_absolute_empty_and_elsewhere()
    {
        string Under(string name) => Path.Combine(directory.FullName, name);
        File.WriteAllText(Under("file"), "");
        directory.CreateSubdirectory("full/x");
        directory.CreateSubdirectory("empty");
        Directory.CreateDirectory(Path.Combine(data, "inner"));
        Directory.CreateSymbolicLink(Under("link"), data);
        Directory.CreateSymbolicLink(Under("link-to-inner"), Path.Combine(data, "inner"));
        foreach ((string path, BackupObstacle expected) in new[]
        {
            ("backup", BackupObstacle.NotAbsolute), ("", BackupObstacle.NotAbsolute), ("~/backup", BackupObstacle.NotAbsolute),
            (Under("none/backup"), BackupObstacle.ParentMissing), (Under("file/backup"), BackupObstacle.ParentMissing),
            (Under("file"), BackupObstacle.NotAFolder),
            (data, BackupObstacle.InsideDataDirectory), (data + "/", BackupObstacle.InsideDataDirectory),
            (Path.Combine(data, "new"), BackupObstacle.InsideDataDirectory), (Under("x/../data/new"), BackupObstacle.InsideDataDirectory),
            (Under("link"), BackupObstacle.InsideDataDirectory), (Under("link/new"), BackupObstacle.InsideDataDirectory),
            (Under("link-to-inner"), BackupObstacle.InsideDataDirectory),
            (directory.FullName, BackupObstacle.NotEmpty), (Under("full"), BackupObstacle.NotEmpty), ("/", BackupObstacle.NotEmpty),
            (Under("empty"), BackupObstacle.None), (Under("new"), BackupObstacle.None), (Under("new/"), BackupObstacle.None), (Under("data2"), BackupObstacle.None),
        })
        {
            Assert.True(BackupFolder.ObstacleTo(path, data) == expected, $"'{path}' is not {expected}");
        }

        Assert.False(Directory.Exists(Under("new")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_given_up_leaves_nothing_and_touches_nothing_else(bool wasThere)
    {
        if (wasThere) Directory.CreateDirectory(target);
        BackupFolder folder = Make();
        string guest = Path.Combine(target, "guest");
        if (wasThere) File.WriteAllText(guest, "");
        folder.Abandon();
        Assert.Equal(wasThere, Directory.Exists(target));
        if (wasThere) Assert.Equal([guest], Directory.GetFileSystemEntries(target));
    }

    [Fact]
    public void Only_the_owner_may_enter_it_or_read_its_files()
    {
        Directory.CreateDirectory(target);
        File.SetUnixFileMode(target, (UnixFileMode)0b111_111_111);
        Make().Complete();
        Assert.All(Directory.GetFiles(target, "*", SearchOption.AllDirectories), file => Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(file)));
        Assert.All([target, Path.Combine(target, "sites")], folder => Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(folder)));
    }

    [Fact]
    public void A_stop_breaks_it_off()
    {
        using CancellationTokenSource stop = new();
        BackupFolder folder = BackupFolder.Create(target, Begun, stop.Token);
        folder.Write("a", [1]);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => folder.Write("b", [1]));
        Assert.Throws<OperationCanceledException>(folder.Complete);
        AssertRefused("is an unfinished backup, begun at 2027-01-15T08:00:00Z, and cannot be started", restored: true);
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public void A_start_must_know_that_it_is_a_backup_until_one_that_knew_has_come_to_its_end()
    {
        Make().Complete();
        AssertRefused("is a backup of 2027-01-15T08:00:00Z: it does not know what was redeemed since. Start with --restored", restored: false);
        Assert.NotNull(RestoredFolder.Open(target, restored: true));

        // That start died, after it had changed files.
        File.WriteAllText(Path.Combine(target, "sites", "b"), "changed");
        AssertRefused("Start with --restored", restored: false);
        RestoredFolder.Open(target, restored: true)!.Release();
        Assert.Null(RestoredFolder.Open(target, restored: false));
        Assert.Null(RestoredFolder.Open(target, restored: true));
    }

    [Fact]
    public void Any_altered_byte_missing_or_foreign_file_refuses_the_start_and_is_named()
    {
        Make().Complete();
        foreach (string name in new[] { "a", "sites/b", "sites/c" })
        {
            string path = Path.Combine(target, name);
            byte[] whole = File.ReadAllBytes(path);
            for (int i = 0; i < whole.Length; i++)
            {
                byte[] altered = [.. whole];
                altered[i] ^= 1;
                File.WriteAllBytes(path, altered);
                AssertRefused($"'{name}' does not match its checksum", restored: true);
            }

            File.WriteAllBytes(path, [.. whole, 0]);
            AssertRefused($"'{name}' has {whole.Length + 1} bytes and must have {whole.Length}", restored: true);
            File.Delete(path);
            AssertRefused($"'{name}' is missing", restored: true);
            File.WriteAllBytes(path, whole);
        }

        string foreign = Path.Combine(target, "sites", "d");
        File.WriteAllText(foreign, "");
        AssertRefused("'sites/d' is not part of it; copy the backup into an empty folder", restored: true);
        File.Delete(foreign);
        string manifest = Path.Combine(target, "backup.json");
        string text = File.ReadAllText(manifest);
        File.WriteAllText(manifest, text[..^3]);
        AssertRefused("which marks a backup, cannot be read", restored: true);
        File.WriteAllText(manifest, text);
        Assert.NotNull(RestoredFolder.Open(target, restored: true));
    }

    [Fact]
    public void A_file_is_copied_up_to_the_length_named()
    {
        string source = Path.Combine(data, "source");
        byte[] content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(source, content);
        BackupFolder folder = BackupFolder.Create(target, Begun, CancellationToken.None);
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(source))
        {
            folder.Copy("copy", file, 2_500_001);
            Assert.Throws<IOException>(() => folder.Copy("too-long", file, content.Length + 1));
        }

        Assert.Equal(content[..2_500_001], File.ReadAllBytes(Path.Combine(target, "copy")));
        Assert.Equal((1, 2_500_001), (folder.FileCount, folder.Bytes));
    }

    private BackupFolder Make()
    {
        BackupFolder folder = BackupFolder.Create(target, Begun, CancellationToken.None);
        folder.Write("a", "first"u8);
        folder.Write("sites/b", "second"u8);
        folder.Write("sites/c", "third"u8);
        return folder;
    }

    private void AssertRefused(string words, bool restored)
    {
        string message = Assert.Throws<InvalidDataException>(() => RestoredFolder.Open(target, restored)).Message;
        Assert.Contains(words, message);
        Assert.Contains($"'{target}", message);
        Assert.DoesNotContain('\n', message);
    }
}
