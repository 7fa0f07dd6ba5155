using System.Security.Cryptography;

namespace CaptchaCluster.Tests.Unit;

[Trait("Invariant", "I11")]
public sealed class ConstantTimeTests
{
    [Fact]
    public void Values_are_equal_only_where_every_bit_is()
    {
        byte[] value = RandomNumberGenerator.GetBytes(32);
        Assert.True(ConstantTime.AreEqual256(value, [.. value]));
        for (int bit = 0; bit < 256; bit++)
        {
            byte[] other = [.. value];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(ConstantTime.AreEqual256(value, other), $"bit {bit} of {Convert.ToHexString(value)}");
        }
    }

    // A deleted site has no hash.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(32, 0)]
    [InlineData(0, 32)]
    [InlineData(32, 31)]
    [InlineData(32, 33)]
    [InlineData(64, 64)]
    public void Values_of_another_length_equal_nothing(int left, int right) =>
        Assert.False(ConstantTime.AreEqual256(new byte[left], new byte[right]));
}
