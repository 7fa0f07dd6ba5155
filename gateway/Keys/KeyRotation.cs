using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Keys;

/// <summary>How a call of the rotation ended. A closed set.</summary>
internal abstract record KeyChange
{
    /// <param name="Keys">As they are afterwards.</param>
    /// <param name="Key">The one that was named or made.</param>
    public sealed record Done(RotatingKeys Keys, SigningKey Key) : KeyChange;

    public sealed record NoSuchKey : KeyChange;

    public sealed record TooMany : KeyChange;

    public sealed record IsSigner : KeyChange;

    /// <param name="Until">Tokens that it signed may live until then.</param>
    public sealed record InUse(UnixSeconds Until) : KeyChange;
}

/// <summary>
/// Changes the ring while it is in use: decide, persist, publish, in that order, one change at a time. One that could not be
/// made durable throws what the file threw and is not published; until the ring was saved again, even a change that changes
/// nothing is written, as the disk may hold another ring than memory.
/// </summary>
internal sealed class KeyRotation(RotatingKeys initial, KeyRingFile file, TokenCodec codec, TimeProvider clock)
{
    private readonly Lock oneAtATime = new();
    private volatile RotatingKeys current = initial;
    private bool isSettled = true;

    public RotatingKeys Current => current;

    public TokenLimits Limits => codec.Limits;

    /// <summary>Makes a key that only verifies.</summary>
    public KeyChange Add()
    {
        lock (oneAtATime)
        {
            if (current.Ring.Keys.Count >= RotatingKeys.MaxCount) return new KeyChange.TooMany();
            SigningKey key = KeyRingFile.NewKey();
            while (current.TryGet(key.Id, out _)) key = KeyRingFile.NewKey();
            return Make(current.With(key), key);
        }
    }

    /// <summary>Makes a key the signer; the one before it only verifies from now on.</summary>
    public KeyChange Sign(string id)
    {
        lock (oneAtATime)
        {
            if (!current.TryGet(id, out SigningKey key)) return new KeyChange.NoSuchKey();
            return Make(key == current.Ring.Signer ? current : current.SignedBy(key, UnixSeconds.Now(clock)), key);
        }
    }

    /// <summary>Takes a key out of the ring: what it signed is not a token of ours any more.</summary>
    /// <param name="id">Of the key.</param>
    /// <param name="force">Even where its tokens may still be under way.</param>
    public KeyChange Retire(string id, bool force)
    {
        lock (oneAtATime)
        {
            if (!current.TryGet(id, out SigningKey key)) return new KeyChange.NoSuchKey();
            if (key == current.Ring.Signer) return new KeyChange.IsSigner();
            if (!force && current.OutOfUseFrom(key, Limits) is { } until && until > UnixSeconds.Now(clock)) return new KeyChange.InUse(until);
            return Make(current.Without(key), key);
        }
    }

    private KeyChange.Done Make(RotatingKeys next, SigningKey key)
    {
        if (next != current || !isSettled)
        {
            isSettled = false;
            file.Save(next);
            isSettled = true;
            codec.Use(next.Ring);
            current = next;
        }

        return new KeyChange.Done(next, key);
    }
}
