namespace CaptchaCluster.Silo.Redemption;

/// <summary>
/// Leads to grains that every silo has one of. Which silo is asked follows from the key, so after a call that failed another
/// key is used: a silo that hangs does not hold up whoever could as well ask another.
/// </summary>
internal sealed class AnySilo(IGrainFactory grains)
{
    // More than there are silos, as a rule; each may make an activation on each silo.
    private const int Keys = 16;

    private const int MostFailures = 3;

    private int key;

    public Task<TReply> AskAsync<TGrain, TReply>(Func<TGrain, Task<TReply>> call)
        where TGrain : IGrainWithIntegerKey => AskAsync(call, _ => true);

    /// <param name="call">What is asked.</param>
    /// <param name="suffices">Where a reply does not, others are asked too; the last reply is returned where none does.</param>
    public async Task<TReply> AskAsync<TGrain, TReply>(Func<TGrain, Task<TReply>> call, Func<TReply, bool> suffices)
        where TGrain : IGrainWithIntegerKey
    {
        for (int replies = 0, failures = 0; ;)
        {
            int asked = Volatile.Read(ref key);
            try
            {
                TReply reply = await call(grains.GetGrain<TGrain>(asked)).ConfigureAwait(false);
                if (suffices(reply) || ++replies == Keys) return reply;
                PassOver(asked);
            }
            catch (Exception)
            {
                PassOver(asked);
                if (++failures == MostFailures) throw;
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
            PassOver(asked);
            throw;
        }
    }

    private void PassOver(int asked) => Interlocked.CompareExchange(ref key, (asked + 1) % Keys, asked);
}
