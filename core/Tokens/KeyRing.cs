namespace CaptchaCluster.Tokens;

/// <summary>
/// The signing keys this node accepts, and the one it signs with. Immutable. A new key is distributed verify-only first
/// and made the signer when every node has it; a key may leave the ring once the last token signed with it has expired.
/// </summary>
public sealed class KeyRing
{
    /// <summary>Characters of a key id: 1…8 of <c>[a-z0-9]</c>.</summary>
    public const int MaxKeyIdLength = 8;

    private readonly SigningKey[] keys;

    /// <exception cref="ArgumentException">An id or a key is of the wrong form, or the signer is not in the ring; the message names it.</exception>
    public KeyRing(IReadOnlyDictionary<string, byte[]> keys, string signer)
    {
        if (!SigningKey.IsId(signer)) throw new ArgumentException($"The name of the signing key {SigningKey.WrongId(signer)}");
        this.keys = [.. keys.Select(entry => new SigningKey(entry.Key, entry.Value))];
        Signer = this.keys.FirstOrDefault(key => key.Id == signer)
            ?? throw new ArgumentException($"The signing key '{signer}' is not among the keys: {string.Join(", ", keys.Keys)}.");
    }

    public SigningKey Signer { get; }

    public bool TryGet(ReadOnlySpan<byte> id, out SigningKey key)
    {
        foreach (SigningKey candidate in keys)
        {
            if (!candidate.IdUtf8.SequenceEqual(id)) continue;
            key = candidate;
            return true;
        }

        key = null!;
        return false;
    }
}
