using CaptchaCluster.Redemption;
using CaptchaCluster.Storage.Management;
using Orleans.Concurrency;

namespace CaptchaCluster.Grains.Admin;

/// <summary>As many on each silo as of <see cref="AuditGrain"/>, and for its reason.</summary>
[StatelessWorker(2), GrainType("captchacluster.managementtoken")]
internal sealed class ManagementTokenGrain(IManagementTokenStore store) : Grain, IManagementTokenGrain
{
    public async Task<ManagementTokenList> ReadAsync()
    {
        try
        {
            return new ManagementTokenList { Tokens = [.. (await store.ReadAsync()).Select(ManagementTokenRecord.Of)] };
        }
        catch (UnknownOutcomeException exception)
        {
            return new ManagementTokenList { Problem = exception.Message };
        }
    }

    public Task<ManagementTokenReply> AddAsync(ManagementTokenRecord token, int maxCount) => ReplyAsync(() => store.TryAddAsync(token.ToToken(), maxCount));

    public Task<ManagementTokenReply> RemoveAsync(string id) => ReplyAsync(() => store.RemoveAsync(id));

    private static async Task<ManagementTokenReply> ReplyAsync(Func<ValueTask<bool>> change)
    {
        try
        {
            return new ManagementTokenReply { IsMade = await change() };
        }
        catch (Exception exception) // whatever it was: it may have been made (I5)
        {
            return new ManagementTokenReply { Problem = exception.Message };
        }
    }
}
