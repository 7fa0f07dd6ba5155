using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using CaptchaCluster.Verification;

namespace CaptchaCluster.Tests.Unit.Verification;

public sealed class ClientAddressTests
{
    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("ADDRESSES_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_261_216;

    private static ReadOnlySpan<byte> Pieces => "0123456789abcdefx.:%[]/ \0\u00ff"u8;

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData(" 203.0.113.9\t", "203.0.113.9")]
    [InlineData("203.0.113.9:443", "203.0.113.9")]
    [InlineData("203.0.113.9:0", "203.0.113.9")]
    [InlineData("203.0.113.9:65535", "203.0.113.9")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("[2001:db8::1]:443", "2001:db8::1")]
    [InlineData("::1", "::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("::FFFF:CB00:7109", "203.0.113.9")]
    [InlineData("[::ffff:203.0.113.9]:443", "203.0.113.9")]
    [InlineData("fe80::1%3", "fe80::1%3")]
    [InlineData("[fe80::1%3]:443", "fe80::1%3")]
    public void An_address_is_read_however_callers_write_it(string text, string address)
    {
        Assert.True(TryParse(text, out IPAddress read));
        Assert.Equal(IPAddress.Parse(address), read);
        Assert.True(ClientAddress.TryParse(text.AsSpan(), out IPAddress again));
        Assert.Equal(read, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("unknown")]
    [InlineData("localhost")]
    [InlineData("example.com")]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("203.0.113")]
    [InlineData("203.0.113.256")]
    [InlineData("203.0.113.9.1")]
    [InlineData("203.0.113.")]
    [InlineData("203.0..9")]
    [InlineData("203.0.113.-1")]
    [InlineData("203.0.113.9/24")]
    [InlineData("203.0.113.9:")]
    [InlineData("203.0.113.9:65536")]
    [InlineData("203.0.113.9:+80")]
    [InlineData("203.0.113.9:http")]
    [InlineData("203.0.113.9, 198.51.100.1")]
    [InlineData("203.0.113.9%1")]
    [InlineData("[203.0.113.9]")]
    [InlineData("[203.0.113.9]:80")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("[::1]]")]
    [InlineData("[::1]:")]
    [InlineData("[::1]80")]
    [InlineData("[[::1]]:80")]
    [InlineData("::g")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1::2::3")]
    [InlineData("::ffff:203.0.113.9:443")]
    [InlineData("203.0.113.9\0")]
    [InlineData("２０３.0.113.9")]
    [InlineData("0xcb.0.113.9")]
    [InlineData("203.0.113.0x9")]
    [InlineData("010.0.113.9")] // 8.0.113.9 to inet_aton, 10.0.113.9 to whoever pads with zeros
    [InlineData("203.0.113.09")]
    [InlineData("203.0.113.009:80")]
    [InlineData("000.0.113.9")]
    public void Anything_else_is_no_address(string text)
    {
        Assert.False(TryParse(text, out _));
        Assert.False(ClientAddress.TryParse(text.AsSpan(), out _));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void What_is_longer_than_any_address_is_not_looked_at(int length, bool read) =>
        Assert.Equal(read, TryParse("203.0.113.9".PadRight(length), out _));

    [Fact]
    public void No_bytes_make_it_throw_and_what_it_reads_it_reads_again()
    {
        ConcurrentBag<string> failures = [];
        int parsed = 0;
        Parallel.For(FirstSeed, FirstSeed + 250, seed =>
        {
            Random random = new(seed);
            for (int i = 0; i < 1000; i++)
            {
                byte[] input = Next(random);
                try
                {
                    if (!ClientAddress.TryParse(input, out IPAddress address)) continue;
                    Interlocked.Increment(ref parsed);
                    bool same = ClientAddress.TryParse(Encoding.ASCII.GetBytes(address.ToString()), out IPAddress again) && again.Equals(address);
                    if (!same || address.IsIPv4MappedToIPv6) failures.Add($"seed {seed}, case {i}: {Convert.ToHexString(input)} is {address}");
                }
                catch (Exception exception)
                {
                    failures.Add($"seed {seed}, case {i}: {Convert.ToHexString(input)} {exception}");
                }
            }
        });
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Take(5)));
        Assert.InRange(parsed, 10_000, 200_000);
    }

    private static bool TryParse(string text, out IPAddress address) => ClientAddress.TryParse(Encoding.UTF8.GetBytes(text), out address);

    private static byte[] Next(Random random)
    {
        byte[] bits = new byte[random.Next(2) == 0 ? 4 : 16];
        random.NextBytes(bits);
        IPAddress address = new(bits);
        string text = random.Next(6) switch
        {
            0 => address.MapToIPv6().ToString(),
            1 => $"[{address}]:{random.Next(70_000)}",
            2 => $"{address}:{random.Next(70_000)}",
            3 => $"{address}%{random.Next()}",
            4 => $" {address} ",
            _ => address.ToString(),
        };
        byte[] input = Encoding.ASCII.GetBytes(text);
        for (int left = random.Next(4); left > 0 && input.Length > 0; left--)
        {
            int at = random.Next(input.Length);
            input = random.Next(3) switch
            {
                0 => [.. input.AsSpan(0, at), .. input.AsSpan(at + 1)],
                1 => [.. input.AsSpan(0, at), Pieces[random.Next(Pieces.Length)], .. input.AsSpan(at)],
                _ => [.. input.AsSpan(0, at), (byte)random.Next(256), .. input.AsSpan(at + 1)],
            };
        }

        return input;
    }
}
