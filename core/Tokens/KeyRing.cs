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

    /// <summary>A ring of one key, which signs.</summary>
    public KeyRing(SigningKey signer)
        : this([signer], signer)
    {
    }

    private KeyRing(IEnumerable<SigningKey> keys, SigningKey signer)
    {
        this.keys = [.. keys];
        Signer = signer;
    }

    public SigningKey Signer { get; }

    /// <summary>The signer among them, in the order in which they came in.</summary>
    public IReadOnlyList<SigningKey> Keys => keys;

    /// <summary>Null where there is none of this id.</summary>
    public SigningKey? Find(ReadOnlySpan<byte> id)
    {
        foreach (SigningKey candidate in keys)
        {
            if (candidate.IdUtf8.SequenceEqual(id)) return candidate;
        }

        return null;
    }

    /// <summary>The same ring with one more key, which only verifies.</summary>
    /// <param name="key">Of an id that is not in the ring.</param>
    public KeyRing With(SigningKey key) => new(keys.Append(key), Signer);

    /// <param name="signer">In the ring.</param>
    public KeyRing SignedBy(SigningKey signer) => new(keys, signer);

    /// <param name="key">In the ring, and not the signer.</param>
    public KeyRing Without(SigningKey key) => new(keys.Where(other => other != key), Signer);
}
