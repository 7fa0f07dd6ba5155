using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>Tokens from a file, one a line.</summary>
internal static class TokenFile
{
    private const int MaxTokenLength = 2048;

    // Clocks of two machines are not the same; and a request takes its time.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Reads the tokens with the time until which they can be used, by their own word.</summary>
    /// <param name="path">Named in complaints.</param>
    /// <param name="clock">Of the test.</param>
    /// <exception cref="SetupException">The message names the file and line.</exception>
    public static TokenBatch Read(string path, TestClock clock)
    {
        List<byte[]> tokens = [];
        long expiry = long.MaxValue;
        int number = 0;
        foreach (string line in ReadLines(path))
        {
            number++;
            string text = line.Trim();
            if (text.Length == 0) continue;
            if (text.Length > MaxTokenLength || !TryReadExpiry(text, out long expires))
                throw new SetupException($"--tokens {path}: line {number} is not a token.");
            tokens.Add(Encoding.ASCII.GetBytes(text));
            expiry = Math.Min(expiry, expires);
        }

        if (tokens.Count == 0) throw new SetupException($"--tokens {path}: there is no token in it.");
        TimeSpan left = DateTimeOffset.FromUnixTimeSeconds(expiry) - clock.UtcNow - Margin;
        if (left <= TimeSpan.Zero)
            throw new SetupException($"--tokens {path}: some of its tokens have expired, or do so within {Margin.TotalSeconds} s.");
        return TokenBatch.Of(tokens, clock.Now + left);
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"--tokens {path}: {exception.Message}");
        }
    }

    private static bool TryReadExpiry(string text, out long expiry)
    {
        expiry = 0;
        try
        {
            using JsonDocument json = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("e", out JsonElement member)
                && member.TryGetInt64(out expiry)
                && expiry is > 0 and <= 253_402_300_799; // the last second that DateTimeOffset knows
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
