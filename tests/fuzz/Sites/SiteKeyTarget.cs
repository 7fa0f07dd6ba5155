using System.Text;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Fuzz.Mutation;

namespace CaptchaCluster.Tests.Fuzz.Sites;

/// <summary>Sitekeys: one spelling of each, whether read from bytes or from text.</summary>
internal sealed class SiteKeyTarget : FuzzTarget
{
    public override string Name => "sitekey";

    public override int Share => 10;

    public override byte[] Next(Random random)
    {
        byte[] right = Encoding.ASCII.GetBytes(new SiteKey((ulong)random.NextInt64(), (ulong)random.NextInt64()).ToString());
        return new Mutator(random, [right], [[0], [(byte)'F'], "cpt_pub_"u8.ToArray()]).Next(mostChanges: 2);
    }

    public override Judgement Judge(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input);
        bool fromBytes = SiteKey.TryParse(input, out SiteKey first);
        bool fromText = SiteKey.TryParse(text, out SiteKey second);
        if (fromBytes != fromText || first != second) return new(fromBytes, "two readings of the same");
        return new(fromBytes, fromBytes && first.ToString() != text ? $"another spelling of {first}" : null);
    }
}
