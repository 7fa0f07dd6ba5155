using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tests.Unit.Simulation;

namespace CaptchaCluster.Tests.Unit.Ledger;

public sealed class FileRedemptionStoreTests
{
    private readonly LedgerFixture ledger = new();

    [Fact]
    public void What_was_committed_is_known_after_a_loss_of_power()
    {
        ledger.Open();
        RedemptionRequest[] all = [.. ledger.Commit(1), .. ledger.Commit(100), .. ledger.Commit(7)];
        ledger.Disk.LosePower();
        ledger.Open();
        Assert.All(all, request => Assert.True(ledger.Knows(request)));
        Assert.Equal(all.Length, ledger.Shard.LiveRedemptions);
    }

    [Fact]
    public void A_fact_comes_back_with_every_member_it_had()
    {
        ledger.Open();
        RedemptionRequest[] batch = ledger.Commit(50, now: LedgerFixture.Start + 5);
        Assert.Equal(
            batch.Select(request => new RedemptionFact(request.Token, request.ExpiresAt, request.Site, request.Attempt, LedgerFixture.Start + 5)),
            ledger.Dump());
    }

    [Fact]
    public void A_redemption_costs_at_most_64_bytes_even_alone_in_its_commit()
    {
        ledger.Open();
        ledger.Commit(ledger.NewRequests(1, siteCount: 1));
        int before = ledger.Disk[ledger.LastSegment].Length;
        for (int i = 0; i < 100; i++) ledger.Commit(ledger.NewRequests(1, siteCount: 1));
        Assert.Equal(64 * 100, ledger.Disk[ledger.LastSegment].Length - before);
    }

    [Fact]
    public void A_batch_larger_than_one_frame_is_committed_whole()
    {
        ledger.Open();
        ledger.Commit(BatchFormat.MaxRecords + 10);
        ledger.Disk.LosePower();
        ledger.Open();
        Assert.Equal(BatchFormat.MaxRecords + 10, ledger.Shard.LiveRedemptions);
    }

    [Theory]
    [InlineData(DiskFault.Error)]
    [Trait("Invariant", "I9")]
    internal void After_one_failed_call_nothing_is_committed_until_a_restart(DiskFault fault)
    {
        ledger.Open();
        RedemptionRequest[] known = ledger.Commit(2);
        ledger.Disk.NextFault = () => fault;
        Assert.Throws<UnknownOutcomeException>(() => ledger.Commit(1));
        ledger.Disk.NextFault = () => DiskFault.None;
        Assert.False(ledger.Store.CanCommit);
        int syncs = ledger.Disk.Syncs;
        Assert.Throws<UnknownOutcomeException>(() => ledger.Commit(1));
        Assert.Throws<UnknownOutcomeException>(() => ledger.Purge(LedgerFixture.Start + 10_000));
        Assert.Equal(syncs, ledger.Disk.Syncs);
        ledger.Open();
        Assert.True(ledger.Store.CanCommit);
        Assert.All(known, request => Assert.True(ledger.Knows(request)));
    }

    /// <summary>A failed fsync leaves clean pages that never reached the disk: they must be written again before they are believed.</summary>
    [Fact]
    [Trait("Invariant", "I2")]
    public void What_recovery_believes_it_has_made_durable_first()
    {
        ledger.Open();
        RedemptionRequest[] batch = ledger.NewRequests(1);
        int call = 0;
        ledger.Disk.NextFault = () => ++call == 2 ? DiskFault.Error : DiskFault.None;
        Assert.Throws<UnknownOutcomeException>(() => ledger.Commit(batch));
        ledger.Disk.NextFault = () => DiskFault.None;
        ledger.Open();
        Assert.True(ledger.Knows(batch[0]));
        ledger.Disk.LosePower();
        ledger.Open();
        Assert.True(ledger.Knows(batch[0]));
    }

    [Fact]
    public void A_start_leaves_one_copy_of_the_last_segment()
    {
        ledger.Open();
        ledger.Commit(3);
        string before = ledger.LastSegment;
        ledger.Open();
        Assert.NotEqual(before, ledger.LastSegment);
        Assert.Equal([ledger.LastSegment], ledger.Disk.List());
    }

    [Fact]
    public void Unfinished_files_of_a_crash_are_removed_and_do_not_stand_in_the_way()
    {
        ledger.Open();
        ledger.Commit(3);
        string next = SegmentFiles.NameOf(2) + ".tmp";
        ledger.Disk[next] = [1, 2, 3];
        ledger.Open();
        Assert.Equal([SegmentFiles.NameOf(2)], ledger.Disk.List());
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void Purging_drops_whole_segments_under_a_horizon_that_is_durable()
    {
        LedgerFixture small = new(segmentBytes: 300);
        small.Open();
        RedemptionRequest[] early = small.Commit(4, expiresIn: 100);
        small.Commit(4, expiresIn: 100);
        RedemptionRequest[] late = small.Commit(4, expiresIn: 600);
        int before = small.Disk.List().Count;
        small.Purge(LedgerFixture.Start + 100);
        Assert.True(small.Disk.List().Count < before + 1);
        Assert.Equal(LedgerFixture.Start + 100, small.Store.Horizon);

        small.Disk.LosePower();
        small.Open(LedgerFixture.Start - 50);
        Assert.Equal(LedgerFixture.Start + 100, small.Store.Horizon);
        Assert.Equal(RedemptionDecision.Expired, small.Shard.Judge(early[0], LedgerFixture.Start - 50, retired: false, out _));
        Assert.All(late, request => Assert.True(small.Knows(request)));
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void No_segment_goes_before_the_horizon_that_covers_it_is_durable()
    {
        for (int dies = 1; dies < 8; dies++)
        {
            LedgerFixture small = new(segmentBytes: 300);
            small.Open();
            RedemptionRequest[] early = small.Commit(8, expiresIn: 100);
            int call = 0;
            small.Disk.NextFault = () => ++call == dies ? DiskFault.PowerLossAfter : DiskFault.None;
            try
            {
                small.Purge(LedgerFixture.Start + 100);
            }
            catch (UnknownOutcomeException)
            {
                // It died on the way.
            }

            small.Disk.NextFault = () => DiskFault.None;
            small.Disk.Revive();
            small.Disk.LosePower();
            small.Open();
            RedemptionDecision decision = small.Shard.Judge(early[0], LedgerFixture.Start, retired: false, out _);
            Assert.True(decision is RedemptionDecision.SameAttempt or RedemptionDecision.Expired, $"died at call {dies}: {decision}");
        }
    }

    [Theory]
    [InlineData(300, 60)]
    [InlineData(3600, 60)]
    [InlineData(10, 2)]
    [InlineData(1, 1)]
    [Trait("Invariant", "I10")]
    public void A_segment_that_is_written_to_without_end_is_closed_after_a_fifth_of_the_skew_or_a_minute(int skew, int seconds)
    {
        ledger.Options = new FileRedemptionStoreOptions { MaxClockSkewSeconds = skew };
        ledger.Open();
        string first = ledger.LastSegment;
        ledger.Commit(1, now: LedgerFixture.Start + seconds - 1);
        ledger.Purge(LedgerFixture.Start - 1);
        Assert.Equal(first, ledger.LastSegment);
        ledger.Commit(1, now: LedgerFixture.Start + seconds);
        ledger.Purge(LedgerFixture.Start - 1);
        Assert.NotEqual(first, ledger.LastSegment);
    }

    [Fact]
    public void Nothing_is_written_when_there_is_nothing_to_purge()
    {
        ledger.Open();
        ledger.Commit(3);
        int syncs = ledger.Disk.Syncs;
        ledger.Purge(LedgerFixture.Start - 300);
        Assert.Equal(syncs, ledger.Disk.Syncs);
    }

    [Fact]
    [Trait("Invariant", "I7")]
    public void A_horizon_from_the_future_stops_the_start()
    {
        ledger.Open();
        ledger.Commit(1, expiresIn: 100);
        ledger.Purge(LedgerFixture.Start + 7501);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => ledger.Open(LedgerFixture.Start));
        Assert.Contains("clock", refusal.Message);
        ledger.Open(LedgerFixture.Start + 1);
    }

    [Fact]
    public void A_ledger_that_must_be_there_and_is_not_stops_the_start()
    {
        ledger.Options = ledger.Options with { MustExist = true };
        Assert.Contains("--restored", Assert.Throws<InvalidDataException>(() => ledger.Open()).Message);
        ledger.Options = ledger.Options with { Restored = true };
        ledger.Open();
        Assert.Equal(LedgerFixture.Start, ledger.Store.IssuedFloor);
        ledger.Options = ledger.Options with { Restored = false };
        ledger.Open();
    }

    [Fact]
    public void A_restored_ledger_refuses_earlier_tokens_for_good()
    {
        ledger.Open();
        Assert.Equal(default, ledger.Store.IssuedFloor);
        ledger.Options = ledger.Options with { Restored = true };
        ledger.Open(LedgerFixture.Start + 10);
        ledger.Options = ledger.Options with { Restored = false };
        ledger.Open(LedgerFixture.Start + 20);
        Assert.Equal(LedgerFixture.Start + 10, ledger.Store.IssuedFloor);
    }
}
