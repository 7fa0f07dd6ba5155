using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CaptchaCluster.Bench.RedisThin;

/// <summary>What stands for a token in Redis: the last characters of its MAC, which no two tokens share.</summary>
[InlineArray(Length)]
internal struct TokenKey
{
    public const int Length = 32;

    private byte first;
}

/// <summary>Reads the token of a form.</summary>
internal static class TokenForm
{
    private const int MaxBodySize = 16 * 1024;

    /// <summary>Null where there is no token. Reads the body to its end.</summary>
    public static async ValueTask<TokenKey?> ReadKeyAsync(PipeReader body)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync();
            if (read.IsCompleted || read.Buffer.Length > MaxBodySize)
            {
                TokenKey? key = Find(read.Buffer);
                body.AdvanceTo(read.Buffer.End);
                return key;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static TokenKey? Find(ReadOnlySequence<byte> buffer)
    {
        ReadOnlySpan<byte> form = buffer.IsSingleSegment ? buffer.FirstSpan : buffer.ToArray();
        foreach (Range range in form.Split((byte)'&'))
        {
            ReadOnlySpan<byte> field = form[range];
            if (!field.StartsWith("response="u8)) continue;
            ReadOnlySpan<byte> token = field["response=".Length..];
            if (token.Length < TokenKey.Length) return null;
            TokenKey key = default;
            token[^TokenKey.Length..].CopyTo(key);
            return key;
        }

        return null;
    }
}
