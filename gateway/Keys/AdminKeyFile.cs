using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Storage.File;

namespace CaptchaCluster.Gateway.Keys;

/// <summary>The admin key of a single node, <c>admin.key</c> in its data directory: made on the first start, for its owner's eyes only.</summary>
internal static class AdminKeyFile
{
    public const string Name = "admin.key";

    private const string Base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int RandomLength = 43; // 256 bits

    /// <exception cref="InvalidDataException">The file holds no usable key; the message names it, and shows nothing of it.</exception>
    public static (string Key, bool IsNew) LoadOrCreate(string directory)
    {
        string path = Path.Combine(directory, Name);
        bool isNew = !File.Exists(path);
        if (isNew)
            AtomicFile.Write(path, Encode("cpt_adm_" + RandomNumberGenerator.GetString(Base62, RandomLength)));
        string key = File.ReadAllText(path).Trim();
        return GatewaySettings.IsAdminKey(key)
            ? (key, isNew)
            : throw new InvalidDataException(
                $"The admin key in '{path}' must have at least {GatewaySettings.MinAdminKeyLength} visible ASCII characters; "
                + "delete the file to have a new one made.");
    }

    public static byte[] Encode(string key) => Encoding.ASCII.GetBytes(key + "\n");
}
