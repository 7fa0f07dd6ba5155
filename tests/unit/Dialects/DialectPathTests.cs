using CaptchaCluster.Gateway.Dialects;

namespace CaptchaCluster.Tests.Unit.Dialects;

public sealed class DialectPathTests
{
    [Theory]
    [InlineData("/a/{x}/z", "/a/1/z", "1")]
    [InlineData("/a/{x}/z", "/A/1/Z/", "1")]
    [InlineData("/a/{x}/z", "/a/1/2/z", null)]
    [InlineData("/a/{x}/z", "/a//z", null)]
    [InlineData("/a/{x}/z", "/a/z", null)]
    [InlineData("/a/{x}/z", "/a/1/zz", null)]
    [InlineData("/a/{x}/z", "/b/1/z", null)]
    [InlineData("/{x}/z", "/1/z", "1")]
    [InlineData("/{x}/z", "/z", null)]
    [InlineData("/{x}/z", "//z", null)]
    [InlineData("/{x}/z", "", null)]
    [InlineData("/a", "/a", "")]
    [InlineData("/a", "/a/", "")]
    [InlineData("/a", "/a//", null)]
    [InlineData("/a", "/ab", null)]
    public void One_segment_is_the_parameter(string template, string path, string? value)
    {
        Assert.Equal(value is not null, new DialectPath(template).TryMatch(path, out ReadOnlySpan<char> found));
        Assert.Equal(value ?? "", found.ToString());
    }

    [Theory]
    [InlineData("/cpt_pub_1/z", "cpt_pub_1")]
    [InlineData("/CPT_PUB_1/z", "CPT_PUB_1")]
    [InlineData("/cpt_pub_/z", null)]
    [InlineData("/hcaptcha/z", null)]
    [InlineData("/cpt_pub_1/2/z", null)]
    public void Its_value_may_have_to_begin_with_something(string path, string? value)
    {
        Assert.Equal(value is not null, new DialectPath("/{x}/z", "cpt_pub_").TryMatch(path, out ReadOnlySpan<char> found));
        Assert.Equal(value ?? "", found.ToString());
    }

    [Fact]
    public void No_path_of_one_dialect_is_another_ones()
    {
        DialectPath[] all = [.. KnownDialects.All.SelectMany(dialect => dialect.Paths)];
        foreach (DialectPath path in all)
        {
            string example = path.Template.Replace("{sitekey}", "cpt_pub_0123456789abcdef0123456789abcdef").Replace("{project}", "p");
            Assert.Equal(path, Assert.Single(all, other => other.TryMatch(example, out _)));
        }
    }
}
