using CaptchaCluster.Redemption;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>Holds a minting call against the server token that it names.</summary>
internal sealed class ServerTokenCheck(ServerTokenCodec codec, ServerTokenUses uses)
{
    /// <summary>What stands against it; null where nothing does. Uses nothing up.</summary>
    /// <param name="text">The server token.</param>
    /// <param name="request">Gets the token's action, where it names none.</param>
    /// <param name="token">What is to be used, once there is something to hand out for it.</param>
    public AdminError? Judge(string text, ref MintRequest request, out ServerToken token)
    {
        token = codec.Read(text)!;
        if (token is null || token.Site != request.Site) return AdminError.InvalidServerToken;
        request = request with { Action = request.Action ?? token.Action };
        if (request.Action != token.Action) return AdminError.ServerTokenMismatch("action", "the one that it was issued for, or left out");
        if (!token.Allows(request.ClientAddress)) return AdminError.ServerTokenMismatch("client_ip", "the address that it binds");
        return token.Allows(request.Uid) ? null : AdminError.ServerTokenMismatch("uid", "the user that it binds");
    }

    /// <summary>Uses the token once; null where that is durable.</summary>
    public async ValueTask<AdminError?> UseAsync(ServerToken token)
    {
        RedemptionOutcome outcome = await uses.UseAsync(token);
        return outcome.Status switch
        {
            RedemptionStatus.Redeemed => null,
            RedemptionStatus.Duplicate => AdminError.ServerTokenUsedUp,
            RedemptionStatus.Expired => AdminError.ServerTokenExpired,
            RedemptionStatus.Retired => AdminError.ServerTokenRetired,
            RedemptionStatus.Unknown or RedemptionStatus.Overloaded => AdminError.UseNotDecided,
            _ => throw new InvalidOperationException($"{outcome.Status} is not how a use ends."),
        };
    }
}
