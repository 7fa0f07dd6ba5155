using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Lets through who presents the admin key. Compares hashes, in constant time: neither content nor length shows (I11).</summary>
internal sealed class AdminKeyGuard(string key, InvalidSecretLimiter invalidSecrets)
{
    private const string Scheme = "Bearer ";

    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    public bool Admits(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ } header]) return false;
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        byte[] presented = Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim());
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(presented), expected);
    }

    public async ValueTask<AdminReply> RefuseAsync(HttpContext context)
    {
        if (!await invalidSecrets.WaitAsync(context)) return AdminError.TooManyInvalidKeys;
        context.Response.Headers.WWWAuthenticate = Scheme.TrimEnd();
        return AdminError.Unauthorized;
    }
}
