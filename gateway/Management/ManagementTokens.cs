using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Gateway.Management;

/// <summary>
/// Tokens that manage sites as caputchin's clients do. One that was revoked is refused from the moment the revocation
/// returns, by every node that shares the store.
/// </summary>
internal sealed class ManagementTokens(IManagementTokenStore store, TimeProvider clock)
{
    /// <summary>A presented token is compared with all of them (I10).</summary>
    public const int MaxCount = 100;

    private const string Prefix = "cpt_pat_";
    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int RandomLength = 43; // 256 bits
    private const int IdLength = 8;

    public ValueTask<IReadOnlyList<ManagementToken>> ListAsync() => store.ReadAsync();

    /// <summary>Null where there are <see cref="MaxCount"/> already. The text is nowhere but in what is returned.</summary>
    public async ValueTask<(ManagementToken Token, string Text)?> CreateAsync(string name)
    {
        string text = Prefix + RandomNumberGenerator.GetString(Base62, RandomLength);
        ManagementToken token = new(NewId(), name, UnixSeconds.Now(clock), [.. HashOf(text)]);
        return await store.TryAddAsync(token, MaxCount) ? (token, text) : null;
    }

    /// <summary>False where there is none of this id.</summary>
    public ValueTask<bool> RevokeAsync(string id) => store.RemoveAsync(id);

    /// <summary>Null where it is none of them, now. Compares hashes, in constant time, with every one (I11).</summary>
    public async ValueTask<ManagementToken?> FindAsync(string presented)
    {
        if (presented.Length != Prefix.Length + RandomLength || !presented.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        byte[] hash = HashOf(presented);
        ManagementToken? found = null;
        foreach (ManagementToken token in await store.ReadAsync())
        {
            if (CryptographicOperations.FixedTimeEquals(hash, token.Hash.AsSpan())) found = token;
        }

        return found;
    }

    private static string NewId() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", IdLength);

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
