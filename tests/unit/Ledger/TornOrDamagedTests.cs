using CaptchaCluster.Redemption;

namespace CaptchaCluster.Tests.Unit.Ledger;

/// <summary>A write that was never acknowledged is dropped; anything that was and is not as it was stops the start.</summary>
[Trait("Invariant", "I2")]
public sealed class TornOrDamagedTests
{
    private readonly LedgerFixture ledger = new();

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void A_last_batch_cut_at_any_byte_is_dropped_and_nothing_else(int lastBatch)
    {
        ledger.Open();
        RedemptionRequest[] first = ledger.Commit(5);
        int acknowledged = ledger.Disk[ledger.LastSegment].Length;
        RedemptionRequest[] last = ledger.Commit(lastBatch);
        string name = ledger.LastSegment;
        byte[] whole = ledger.Disk[name];
        for (int length = acknowledged; length <= whole.Length; length++)
        {
            LedgerFixture copy = new();
            copy.Disk[name] = whole[..length];
            copy.Open();
            Assert.All(first, request => Assert.True(copy.Knows(request)));
            Assert.Equal(length == whole.Length, copy.Knows(last[0]));
            Assert.Equal(length == whole.Length || length == acknowledged ? 0 : 1, copy.Notices.Count);
        }
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0x01)]
    [InlineData(0x80)]
    public void One_altered_byte_anywhere_stops_the_start_and_is_named(byte mask)
    {
        ledger.Open();
        for (int i = 0; i < 4; i++) ledger.Commit(3);
        string name = ledger.LastSegment;
        byte[] whole = ledger.Disk[name];
        for (int at = 0; at < whole.Length; at++)
        {
            LedgerFixture copy = new();
            byte[] altered = [.. whole];
            altered[at] ^= mask;
            copy.Disk[name] = altered;
            InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => copy.Open());
            Assert.Contains(name, refusal.Message);
            Assert.Matches("damaged at offset [0-9]+", refusal.Message);
            Assert.Contains("--restored", refusal.Message);
            Assert.Equal(altered, copy.Disk[name]);
        }
    }

    [Fact]
    public void The_offset_named_is_that_of_the_damaged_batch()
    {
        ledger.Open();
        ledger.Commit(3);
        int offset = ledger.Disk[ledger.LastSegment].Length;
        ledger.Commit(3);
        ledger.Commit(3);
        byte[] bytes = ledger.Disk[ledger.LastSegment];
        bytes[offset + 40] ^= 4;
        ledger.Disk[ledger.LastSegment] = bytes;
        Assert.Contains($"at offset {offset}:", Assert.Throws<InvalidDataException>(() => ledger.Open()).Message);
    }

    [Fact]
    public void A_blank_sector_in_the_last_batch_is_a_write_that_never_ended()
    {
        ledger.Open();
        RedemptionRequest[] first = ledger.Commit(5);
        int acknowledged = ledger.Disk[ledger.LastSegment].Length;
        ledger.Commit(60);
        string name = ledger.LastSegment;
        byte[] whole = ledger.Disk[name];
        for (int sector = acknowledged / 512; sector * 512 < whole.Length; sector++)
        {
            byte[] blanked = [.. whole];
            int start = Math.Max(acknowledged, sector * 512);
            blanked.AsSpan(start, Math.Min(whole.Length, (sector + 1) * 512) - start).Clear();
            LedgerFixture copy = new();
            copy.Disk[name] = blanked;
            copy.Open();
            Assert.Single(copy.Notices);
            Assert.All(first, request => Assert.True(copy.Knows(request)));
        }
    }

    [Fact]
    public void A_blank_sector_before_the_last_batch_is_damage()
    {
        ledger.Open();
        ledger.Commit(60);
        ledger.Commit(1);
        byte[] bytes = ledger.Disk[ledger.LastSegment];
        bytes.AsSpan(1024, 512).Clear();
        ledger.Disk[ledger.LastSegment] = bytes;
        Assert.Throws<InvalidDataException>(() => ledger.Open());
    }

    [Fact]
    public void Zeros_after_the_last_batch_are_reserved_and_whatever_else_is_there_hides_nothing()
    {
        LedgerFixture ahead = new(reserveBytes: 2000);
        ahead.Open();
        RedemptionRequest[] all = [.. ahead.Commit(3), .. ahead.Commit(30), .. ahead.Commit(1)];
        string name = ahead.LastSegment;
        byte[] whole = ahead.Disk[name];
        int end = Array.FindLastIndex(whole, value => value != 0) + 1;
        Assert.True(whole.Length - end > 500);
        for (int at = 0; at < whole.Length; at++)
        {
            LedgerFixture copy = new();
            byte[] altered = [.. whole];
            altered[at] ^= 0x10;
            copy.Disk[name] = altered;
            if (at < end)
            {
                Assert.Throws<InvalidDataException>(() => copy.Open());
                continue;
            }

            // Refused, or like a write that never ended.
            if (Record.Exception(() => copy.Open()) is { } refusal)
            {
                Assert.IsType<InvalidDataException>(refusal);
                continue;
            }

            Assert.All(all, request => Assert.True(copy.Knows(request)));
            Assert.Single(copy.Notices);
        }

        for (int length = end; length <= whole.Length; length++)
        {
            LedgerFixture copy = new();
            copy.Disk[name] = whole[..length];
            copy.Open();
            Assert.All(all, request => Assert.True(copy.Knows(request)));
            Assert.Empty(copy.Notices);
        }
    }

    [Fact]
    public void A_write_over_zeros_that_never_ended_is_dropped_wherever_it_was_cut_and_whichever_of_its_sectors_is_missing()
    {
        LedgerFixture ahead = new(reserveBytes: 8000);
        ahead.Open();
        RedemptionRequest[] first = ahead.Commit(5);
        string name = ahead.LastSegment;
        byte[] before = ahead.Disk[name];
        RedemptionRequest[] last = ahead.Commit(60);
        byte[] whole = ahead.Disk[name];
        int begin = Array.FindLastIndex(before, value => value != 0) + 1, end = Array.FindLastIndex(whole, value => value != 0) + 1;
        for (int cut = begin; cut < end; cut++) AssertDropped([.. whole[..cut], .. before[cut..]], isUntouched: cut == begin);

        int[] sectors = [.. Enumerable.Range(begin / 512, ((end - 1) / 512) - (begin / 512) + 1)];
        for (int missing = 1; missing < 1 << sectors.Length; missing++)
        {
            byte[] torn = [.. whole];
            foreach (int sector in sectors.Where(sector => (missing >> (sector - sectors[0]) & 1) != 0))
                before.AsSpan(sector * 512, 512).CopyTo(torn.AsSpan(sector * 512));
            AssertDropped(torn, isUntouched: missing == (1 << sectors.Length) - 1);
        }

        void AssertDropped(byte[] torn, bool isUntouched)
        {
            LedgerFixture copy = new();
            copy.Disk[name] = torn;
            copy.Open();
            Assert.All(first, request => Assert.True(copy.Knows(request)));
            Assert.False(copy.Knows(last[0]));
            Assert.Equal(isUntouched ? 0 : 1, copy.Notices.Count);
        }
    }

    [Fact]
    public void A_closed_segment_may_keep_its_zeros_and_nothing_else()
    {
        LedgerFixture small = new(segmentBytes: 300);
        small.Open();
        for (int i = 0; i < 6; i++) small.Commit(4);
        string first = small.Disk.List().Min()!;
        byte[] whole = small.Disk[first];
        small.Disk[first] = [.. whole, .. new byte[700]];
        small.Open();
        Assert.Empty(small.Notices);
        first = small.Disk.List().Min()!;
        small.Disk[first] = [.. small.Disk[first], .. new byte[700], 1];
        Assert.Contains(first, Assert.Throws<InvalidDataException>(() => small.Open()).Message);
    }

    [Fact]
    public void A_batch_of_another_segment_does_not_pass_for_the_next_one()
    {
        ledger.Open();
        ledger.Commit(2);
        byte[] own = ledger.Disk[ledger.LastSegment];
        LedgerFixture other = new();
        other.Open();
        other.Commit(2);
        int begin = other.Disk[other.LastSegment].Length;
        other.Commit(2);
        ledger.Disk[ledger.LastSegment] = [.. own, .. other.Disk[other.LastSegment][begin..]];
        Assert.Throws<InvalidDataException>(() => ledger.Open());
    }

    [Fact]
    public void A_cut_closed_segment_is_damage()
    {
        LedgerFixture small = new(segmentBytes: 300);
        small.Open();
        for (int i = 0; i < 6; i++) small.Commit(4);
        string first = small.Disk.List().Min()!;
        small.Disk[first] = small.Disk[first][..^1];
        Assert.Contains(first, Assert.Throws<InvalidDataException>(() => small.Open()).Message);
    }

    [Fact]
    public void A_missing_segment_is_named()
    {
        LedgerFixture small = new(segmentBytes: 300);
        small.Open();
        for (int i = 0; i < 6; i++) small.Commit(4);
        string[] names = [.. small.Disk.List().Order()];
        Assert.True(names.Length > 3);
        small.Disk.Remove(names[1]);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => small.Open());
        Assert.Contains(names[1], refusal.Message);
        Assert.Contains("missing", refusal.Message);
    }

    [Fact]
    public void A_segment_in_another_ones_place_is_refused()
    {
        LedgerFixture small = new(segmentBytes: 300);
        small.Open();
        for (int i = 0; i < 6; i++) small.Commit(4);
        string[] names = [.. small.Disk.List().Order()];
        small.Disk[names[1]] = small.Disk[names[0]];
        Assert.Throws<InvalidDataException>(() => small.Open());
    }
}
