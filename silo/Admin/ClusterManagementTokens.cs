using CaptchaCluster.Grains.Admin;
using CaptchaCluster.Redemption;
using CaptchaCluster.Silo.Redemption;
using CaptchaCluster.Storage.Management;

namespace CaptchaCluster.Silo.Admin;

/// <summary>The management tokens that all gateways of a cluster share, by way of whichever silo is asked.</summary>
internal sealed class ClusterManagementTokens(AnySilo silos) : IManagementTokenStore
{
    public async ValueTask<IReadOnlyList<ManagementToken>> ReadAsync()
    {
        ManagementTokenList list = await KnownAsync(silos.AskAsync((IManagementTokenGrain grain) => grain.ReadAsync())).ConfigureAwait(false);
        return list.Tokens is { } tokens
            ? [.. tokens.Select(token => token.ToToken())]
            : throw new UnknownOutcomeException(list.Problem ?? "The management tokens could not be read.");
    }

    public ValueTask<bool> TryAddAsync(ManagementToken token, int maxCount) =>
        ChangeAsync(grain => grain.AddAsync(ManagementTokenRecord.Of(token), maxCount));

    public ValueTask<bool> RemoveAsync(string id) => ChangeAsync(grain => grain.RemoveAsync(id));

    // Once: what a call that failed has done the next would take for another's doing.
    private async ValueTask<bool> ChangeAsync(Func<IManagementTokenGrain, Task<ManagementTokenReply>> change)
    {
        ManagementTokenReply reply = await KnownAsync(silos.AskOnceAsync(change)).ConfigureAwait(false);
        return reply.IsMade ?? throw new UnknownOutcomeException(reply.Problem ?? "The silo did not confirm the change of a management token.");
    }

    private static async Task<TReply> KnownAsync<TReply>(Task<TReply> call)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UnknownOutcomeException($"The cluster did not answer for the management tokens: {exception.Message}", exception);
        }
    }
}
