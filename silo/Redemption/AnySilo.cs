namespace CaptchaCluster.Silo.Redemption;

/// <summary>
/// Leads to grains that every silo has one of. Which silo is asked follows from the key, so after a call that failed another
/// key is used: a silo that hangs does not hold up whoever could as well ask another.
/// </summary>
internal sealed class AnySilo(IGrainFactory grains)
{
    // More than there are silos, as a rule; each may make an activation on each silo.
    private const int Keys = 16;

    private const int Attempts = 3;

    private int key;

    public async Task<TReply> AskAsync<TGrain, TReply>(Func<TGrain, Task<TReply>> call)
        where TGrain : IGrainWithIntegerKey
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(call).ConfigureAwait(false);
            }
            catch (Exception) when (attempt < Attempts)
            {
                // The next one goes to another silo.
            }
        }
    }

    /// <summary>For what must not be done twice.</summary>
    public async Task<TReply> AskOnceAsync<TGrain, TReply>(Func<TGrain, Task<TReply>> call)
        where TGrain : IGrainWithIntegerKey
    {
        int asked = Volatile.Read(ref key);
        try
        {
            return await call(grains.GetGrain<TGrain>(asked)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            Interlocked.CompareExchange(ref key, (asked + 1) % Keys, asked);
            throw;
        }
    }
}
