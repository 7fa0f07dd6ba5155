using System.Security.Cryptography;
using System.Text;

namespace CaptchaCluster.Gateway.Management;

/// <summary>
/// The management tokens of this node. Changes are made one at a time: persist, publish, in that order, so that a token that
/// was revoked is refused from the moment the revocation returns, and after any crash.
/// </summary>
internal sealed class ManagementTokens(ManagementTokenFile file, bool restored, TimeProvider clock)
{
    /// <summary>A presented token is compared with all of them (I10).</summary>
    public const int MaxCount = 100;

    private const string Prefix = "cpt_pat_";
    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int RandomLength = 43; // 256 bits
    private const int IdLength = 8;

    private readonly Lock oneAtATime = new();
    private ManagementToken[] current = [.. file.Load(restored)];

    public IReadOnlyList<ManagementToken> List() => Volatile.Read(ref current);

    /// <summary>Null where there are <see cref="MaxCount"/> already. The text is nowhere but in what is returned.</summary>
    public (ManagementToken Token, string Text)? Create(string name)
    {
        lock (oneAtATime)
        {
            if (current.Length >= MaxCount) return null;
            string text = Prefix + RandomNumberGenerator.GetString(Base62, RandomLength);
            string id = NewId();
            while (current.Any(known => known.Id == id)) id = NewId();
            ManagementToken token = new(id, name, UnixSeconds.Now(clock), [.. HashOf(text)]);
            Change([.. current, token]);
            return (token, text);
        }
    }

    /// <summary>False where there is none of this id.</summary>
    public bool Revoke(string id)
    {
        lock (oneAtATime)
        {
            if (current.All(token => token.Id != id)) return false;
            Change([.. current.Where(token => token.Id != id)]);
            return true;
        }
    }

    /// <summary>Null where it is none of them, now. Compares hashes, in constant time, with every one (I11).</summary>
    public ManagementToken? Find(string presented)
    {
        byte[] hash = HashOf(presented);
        ManagementToken? found = null;
        foreach (ManagementToken token in Volatile.Read(ref current))
        {
            if (CryptographicOperations.FixedTimeEquals(hash, token.Hash.AsSpan())) found = token;
        }

        return found;
    }

    private void Change(ManagementToken[] tokens)
    {
        file.Save([.. tokens]);
        Volatile.Write(ref current, tokens);
    }

    private static string NewId() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", IdLength);

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
