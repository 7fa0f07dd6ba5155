using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Unit.Tokens;

public sealed class IdSpellingTests
{
    private const int Seed = 20_261_207;

    [Fact]
    public void What_is_written_is_read()
    {
        Random random = new(Seed);
        for (int i = 0; i < 1000; i++)
        {
            (TokenId id, SiteKey site) = (TokenSamples.Id(random), TokenSamples.Site(random));
            Assert.True(TokenId.TryParse(Encoding.ASCII.GetBytes(id.ToString()), out TokenId readId) && readId == id, $"seed {Seed}: {id}");
            Assert.True(SiteKey.TryParse(site.ToString(), out SiteKey readSite) && readSite == site, $"seed {Seed}: {site}");
            byte[] bytes = new byte[16];
            id.Write(bytes);
            Assert.Equal(id, TokenId.Read(bytes));
            site.Write(bytes);
            Assert.Equal(site, SiteKey.Read(bytes));
        }

        Assert.NotEqual(TokenId.New(), TokenId.New());
        Assert.NotEqual(SiteKey.New(), SiteKey.New());
    }
}
