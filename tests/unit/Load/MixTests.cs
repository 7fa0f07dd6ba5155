using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Unit.Load;

public sealed class MixTests
{
    private const int Seed = 20_261_121;

    [Fact]
    public void Kinds_come_in_their_shares()
    {
        MixShares mix = MixShares.Parse("fresh=6, retry=3,wrong-secret=1");
        Random random = new(Seed);
        Dictionary<RequestKind, int> counts = Enumerable.Range(0, 100_000).CountBy(_ => mix.Choose(random)).ToDictionary();
        Assert.Equal(3, counts.Count);
        Assert.InRange(counts[RequestKind.Fresh], 59_000, 61_000);
        Assert.InRange(counts[RequestKind.Retry], 29_000, 31_000);
        Assert.InRange(counts[RequestKind.WrongSecret], 9_500, 10_500);
    }

    [Fact]
    public void A_kind_alone_is_always_chosen()
    {
        foreach (RequestKind kind in Expectation.Kinds)
        {
            MixShares mix = MixShares.Parse(Expectation.NameOf(kind) + "=0.5");
            Assert.All(Enumerable.Range(0, 1000), number => Assert.Equal(kind, mix.Choose(new Random(number))));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("fresh")]
    [InlineData("fresh=")]
    [InlineData("fresh=-1")]
    [InlineData("fresh=0")]
    [InlineData("fresh=NaN")]
    [InlineData("fresh=1,fresh=2")]
    [InlineData("wrongsecret=1")]
    [InlineData("0=1")]
    public void A_mix_that_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => MixShares.Parse(text));
}
