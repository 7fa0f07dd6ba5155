using CaptchaCluster.Redemption;
using CaptchaCluster.Tests.Unit.Tokens;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Redemption;

public sealed class RedemptionTableTests
{
    private const int Seed = 20_261_211;

    private readonly RedemptionTable table = new();
    private readonly Dictionary<TokenId, (AttemptKey Attempt, UnixSeconds At)> model = [];

    [Fact]
    public void A_table_of_random_ids_is_a_dictionary()
    {
        Random random = new(Seed);
        List<TokenId> known = [];
        for (int i = 0; i < 300_000; i++)
        {
            bool again = known.Count > 0 && random.Next(10) == 0;
            TokenId id = again ? known[random.Next(known.Count)] : new TokenId(Bits(random), Bits(random));
            if (!again) known.Add(id);
            Add(id, random);
            AssertSame(known[random.Next(known.Count)]);
            AssertSame(new TokenId(Bits(random), Bits(random)));
        }

        AssertAll();
    }

    // Ids that our own minter never makes: they meet in one chunk, in one slot, or at the end of a chunk, where probing wraps around.
    [Theory]
    [InlineData(0xFFFF_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 60_000)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_C000, 600)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF, 0x0000_0000_0000_00FF, 60_000)]
    public void Ids_that_collide_are_kept_apart(ulong lowMask, ulong highMask, int count)
    {
        Random random = new(Seed);
        for (int i = 0; i < count; i++)
        {
            ulong low = lowMask == ulong.MaxValue ? Bits(random) : Bits(random) >> 10;
            Add(new TokenId(Bits(random) | ~highMask, low), random);
        }

        AssertAll();
    }

    [Fact]
    public void Nothing_is_lost_where_a_chunk_grows_or_splits()
    {
        Random random = new(Seed);
        HashSet<int> edges = [.. Enumerable.Range(4, 11).Select(i => (int)((1 << i) * 0.85)), 13_926];
        for (int i = 1; i <= 40_000; i++)
        {
            Add(TokenSamples.Id(random), random);
            if (edges.Contains(i) || edges.Contains(i - 1)) AssertAll();
        }

        AssertAll();
    }

    [Fact]
    [Trait("Invariant", "I1")]
    public void The_first_redemption_of_an_id_stays()
    {
        TokenId id = new(1, 2);
        Assert.True(table.TryAdd(id, new AttemptKey(1, 1), new UnixSeconds(5)));
        Assert.False(table.TryAdd(id, new AttemptKey(2, 2), new UnixSeconds(6)));
        Assert.True(table.TryGet(id, out AttemptKey attempt, out UnixSeconds at));
        Assert.Equal((new AttemptKey(1, 1), new UnixSeconds(5)), (attempt, at));
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void Ids_differ_in_every_bit(ulong high, ulong low)
    {
        table.TryAdd(new TokenId(high, low), default, new UnixSeconds(1));
        Assert.True(table.TryGet(new TokenId(high, low), out _, out _));
        for (int bit = 0; bit < 64; bit++)
        {
            Assert.False(table.TryGet(new TokenId(high ^ (1UL << bit), low), out _, out _));
            Assert.False(table.TryGet(new TokenId(high, low ^ (1UL << bit)), out _, out _));
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(uint.MaxValue, true)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData((long)uint.MaxValue + 1, false)]
    [Trait("Invariant", "I1")]
    public void A_time_that_could_not_be_kept_is_refused_and_never_loses_a_redemption(long at, bool kept)
    {
        TokenId id = new(1, 2);
        Exception? error = Record.Exception(() => table.TryAdd(id, default, new UnixSeconds(at)));
        Assert.Equal(kept, error is null);
        Assert.Equal(kept, table.TryGet(id, out _, out UnixSeconds read));
        if (kept) Assert.Equal(at, read.Value);
        Assert.Equal(kept ? 1 : 0, table.Count);
    }

    private static ulong Bits(Random random) => ((ulong)(uint)random.Next(int.MinValue, int.MaxValue) << 32) | (uint)random.Next(int.MinValue, int.MaxValue);

    private void Add(TokenId id, Random random)
    {
        (AttemptKey attempt, UnixSeconds at) = (new AttemptKey(Bits(random), Bits(random)), new UnixSeconds(random.Next(1, int.MaxValue)));
        bool added = table.TryAdd(id, attempt, at);
        if (added != model.TryAdd(id, (attempt, at))) Assert.Fail($"seed {Seed}: {id} after {model.Count}");
    }

    private void AssertSame(TokenId id)
    {
        bool expected = model.TryGetValue(id, out (AttemptKey Attempt, UnixSeconds At) entry);
        bool actual = table.TryGet(id, out AttemptKey attempt, out UnixSeconds at);
        if (expected != actual || (expected && entry != (attempt, at))) Assert.Fail($"seed {Seed}: {id} of {model.Count}");
    }

    private void AssertAll()
    {
        Assert.Equal(model.Count, table.Count);
        foreach (TokenId id in model.Keys) AssertSame(id);
    }
}
