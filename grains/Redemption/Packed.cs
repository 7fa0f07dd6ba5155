namespace CaptchaCluster.Grains.Redemption;

/// <summary>Items of one size in a row.</summary>
internal static class Packed
{
    /// <exception cref="InvalidDataException">They are not whole.</exception>
    public static int Count(byte[] items, int size) =>
        items.Length % size == 0 ? items.Length / size : throw new InvalidDataException($"{items.Length} bytes are not items of {size}.");
}
