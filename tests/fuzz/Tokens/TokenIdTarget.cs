using System.Text;
using CaptchaCluster.Tests.Fuzz.Mutation;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Tests.Fuzz.Tokens;

/// <summary>The id in a token: one spelling of each, and no other.</summary>
internal sealed class TokenIdTarget : FuzzTarget
{
    public override string Name => "token-id";

    public override int Share => 10;

    public override byte[] Next(Random random)
    {
        byte[] right = Encoding.ASCII.GetBytes(new TokenId((ulong)random.NextInt64(), (ulong)random.NextInt64()).ToString());
        return new Mutator(random, [right], [[0], [(byte)'='], [(byte)'A']]).Next(mostChanges: 2);
    }

    public override Judgement Judge(byte[] input)
    {
        bool isTaken = TokenId.TryParse(input, out TokenId id);
        return new(isTaken, isTaken && id.ToString() != Encoding.Latin1.GetString(input) ? $"another spelling of {id}" : null);
    }
}
