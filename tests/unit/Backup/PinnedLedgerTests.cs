using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.File.Backup;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Unit.Ledger;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Backup;

/// <summary>A ledger is copied as it was at one moment, whatever becomes of it meanwhile.</summary>
public sealed class PinnedLedgerTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("captchacluster-pin-");
    private readonly LedgerFixture ledger = new(segmentBytes: 1500);
    private int copies;

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    [Trait("Invariant", "I2")]
    public void The_copy_holds_what_was_committed_before_the_pin_and_nothing_of_later()
    {
        ledger.Open();
        RedemptionRequest[] before = [.. Enumerable.Range(0, 12).SelectMany(_ => ledger.Commit(10))];
        using PinnedLedger pinned = ledger.Store.Pin();
        for (int i = 0; i < 12; i++) ledger.Commit(10);
        Assert.Equal(before.Select(request => request.Token), Copy(pinned));
    }

    [Fact]
    public void Every_moment_of_a_ledgers_life_can_be_copied()
    {
        ledger.Open();
        List<RedemptionRequest> all = [];
        Assert.Empty(Copy());
        for (int i = 1; i <= 30; i++)
        {
            all.AddRange(ledger.Commit(i));
            Assert.Equal(all.Select(request => request.Token), Copy());
        }
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void Pinned_segments_outlive_a_purge_and_go_with_the_first_one_after_the_release()
    {
        ledger.Open();
        RedemptionRequest[] before = [.. Enumerable.Range(0, 6).SelectMany(_ => ledger.Commit(10, expiresIn: 10))];
        int segments = ledger.Disk.List().Count;
        PinnedLedger first = ledger.Store.Pin(), second = ledger.Store.Pin();
        ledger.Purge(LedgerFixture.Start + 20);
        Assert.Equal(LedgerFixture.Start + 20, ledger.Store.Horizon);
        Assert.Equal(segments + 1, ledger.Disk.List().Count);
        Assert.Equal(before.Select(request => request.Token), Copy(first));

        first.Dispose();
        first.Dispose();
        ledger.Purge(LedgerFixture.Start + 21);
        Assert.Equal(segments + 1, ledger.Disk.List().Count);
        second.Dispose();
        ledger.Purge(LedgerFixture.Start + 22);
        Assert.Single(ledger.Disk.List());
        Assert.Empty(Copy());
    }

    [Fact]
    public void What_is_held_back_at_a_loss_of_power_is_removed_by_the_next_start()
    {
        ledger.Open();
        for (int i = 0; i < 6; i++) ledger.Commit(10, expiresIn: 10);
        ledger.Store.Pin();
        ledger.Purge(LedgerFixture.Start + 20);
        RedemptionRequest[] live = ledger.Commit(3);
        ledger.Disk.LosePower();
        ledger.Open();
        Assert.Single(ledger.Disk.List());
        Assert.All(live, request => Assert.True(ledger.Knows(request)));
    }

    [Fact]
    [Trait("Invariant", "I9")]
    public void A_ledger_that_is_out_of_use_can_still_be_copied_as_far_as_it_was_acknowledged()
    {
        ledger.Open();
        RedemptionRequest[] known = ledger.Commit(5);
        ledger.Disk.NextFault = () => Simulation.DiskFault.Error;
        Assert.Throws<UnknownOutcomeException>(() => ledger.Commit(5));
        ledger.Disk.NextFault = () => Simulation.DiskFault.None;
        Assert.Equal(known.Select(request => request.Token), Copy());
    }

    [Fact]
    public void A_damaged_ledger_makes_no_backup()
    {
        ledger.Open();
        for (int i = 0; i < 12; i++) ledger.Commit(10);
        string oldest = ledger.Disk.List().Where(name => SegmentFiles.TryParse(name, out _)).Min()!;
        byte[] bytes = ledger.Disk[oldest];
        bytes[200] ^= 1;
        ledger.Disk[oldest] = bytes;
        Assert.Contains("is damaged at offset", Assert.Throws<InvalidDataException>(() => Copy()).Message);
    }

    private IEnumerable<TokenId> Copy()
    {
        using PinnedLedger pinned = ledger.Store.Pin();
        return Copy(pinned);
    }

    private List<TokenId> Copy(PinnedLedger pinned)
    {
        string path = Path.Combine(directory.FullName, $"{copies++}");
        pinned.CopyTo(BackupFolder.Create(path, LedgerFixture.Start, CancellationToken.None));
        List<TokenId> tokens = [];
        new LedgerRecovery(new PosixDisk(Path.Combine(path, "ledger")), fact => tokens.Add(fact.Token), Assert.Fail).Run();
        return tokens;
    }
}
