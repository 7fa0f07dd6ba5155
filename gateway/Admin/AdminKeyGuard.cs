using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Gateway.Hosting;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Lets through who presents the admin key. Compares hashes, in constant time: neither content nor length shows (I11).</summary>
internal sealed class AdminKeyGuard(string key, InvalidSecretLimiter invalidSecrets) : IAdminGuard
{
    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(key));

    public ValueTask<bool> AdmitsAsync(HttpRequest request) => new(
        BearerToken.Of(request) is { } presented
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), expected));

    public async ValueTask<AdminReply> RefuseAsync(HttpContext context)
    {
        if (!await invalidSecrets.WaitAsync(context)) return AdminError.TooManyInvalidKeys;
        context.Response.Headers.WWWAuthenticate = BearerToken.Scheme;
        return AdminError.Unauthorized;
    }
}
