namespace CaptchaCluster.Tests.Load.Tokens;

/// <summary>
/// The latest redemptions whose success was answered, each with its idempotency key (0: none). Has one owner.
/// </summary>
internal sealed class SpentTokens(int capacity)
{
    private readonly (Token Token, long Key)[] ring = new (Token, long)[capacity];
    private int count;
    private int next;

    public void Add(Token token, long key)
    {
        ring[next] = (token, key);
        next = (next + 1) % ring.Length;
        count = Math.Min(count + 1, ring.Length);
    }

    /// <summary>Any of those that have not expired yet; false where none was found.</summary>
    public bool TryPick(Random random, TimeSpan now, out Token token, out long key)
    {
        (token, key) = (default, 0);
        if (count == 0) return false;
        (token, key) = ring[random.Next(count)];
        if (token.IsUsable(now)) return true;

        // Tokens expire about in the order in which they were spent: where an older one has, the newest may do.
        (token, key) = ring[(next + ring.Length - 1) % ring.Length];
        return token.IsUsable(now);
    }
}
