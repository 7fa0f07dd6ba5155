using System.Text;
using System.Text.RegularExpressions;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.Fuzz.Mutation;

namespace CaptchaCluster.Tests.Fuzz.Sites;

/// <summary>Secrets: taken exactly where the shape and the checksum, computed here bit by bit, are right.</summary>
internal sealed partial class SecretTarget : FuzzTarget
{
    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int ChecksumLength = 6;

    public override string Name => "secret";

    public override int Share => 15;

    public override byte[] Next(Random random)
    {
        SiteKey site = new((ulong)random.NextInt64(), (ulong)random.NextInt64());
        string body = $"cpt_sec_{site.ToString()["cpt_pub_".Length..]}{string.Concat(random.GetItems<char>(Base62, 32))}";
        byte[] secret = Encoding.ASCII.GetBytes(body + Checksum(Encoding.ASCII.GetBytes(body)));
        byte[] changed = new Mutator(random, [secret], [[0], [(byte)'_'], [0xC3]]).Next(mostChanges: 2);

        // Half of them get a right checksum again, so that it is not all that is looked at.
        if (random.Next(2) == 0 || changed.Length <= ChecksumLength) return changed;
        return [.. changed.AsSpan(..^ChecksumLength), .. Encoding.ASCII.GetBytes(Checksum(changed.AsSpan(..^ChecksumLength)))];
    }

    public override Judgement Judge(byte[] input)
    {
        string text = Encoding.Latin1.GetString(input);
        bool isTaken = SiteSecret.TryReadSite(input, out SiteKey site);
        bool isRight = Shape().IsMatch(text) && text[^ChecksumLength..] == Checksum(input.AsSpan(..^ChecksumLength));
        if (isTaken != isRight) return new(isTaken, isRight ? "it is a secret" : "it is no secret");
        return new(isTaken, isTaken && site.ToString() != "cpt_pub_" + text.Substring(8, 32) ? $"read as of {site}" : null);
    }

    /// <summary>CRC-32C (Castagnoli) from all ones and without a last inversion, in base 62, the most significant digit first.</summary>
    private static string Checksum(ReadOnlySpan<byte> body)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in body)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }

        char[] digits = new char[ChecksumLength];
        for (int i = ChecksumLength - 1; i >= 0; i--, crc /= 62) digits[i] = Base62[(int)(crc % 62)];
        return new string(digits);
    }

    [GeneratedRegex(@"^cpt_sec_[0-9a-f]{32}[A-Za-z0-9]{38}\z")]
    private static partial Regex Shape();
}
