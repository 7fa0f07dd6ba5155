using CaptchaCluster.Gateway.Keys;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>What the admin API does with signing keys: it names them, and never shows one (I11).</summary>
/// <param name="rotation">Null where the ring was configured: it is changed where it is written, and by a restart.</param>
internal sealed class KeyCalls(KeyRotation? rotation)
{
    public ValueTask<AdminReply> ListAsync(string none, JsonMembers body) =>
        new(rotation is null ? AdminError.KeysConfigured : new KeyListReply(rotation.Current, rotation.Limits));

    public ValueTask<AdminReply> AddAsync(string none, JsonMembers body) => new(
        body.RefuseUnknown() is { } problem ? AdminError.BadRequest(problem) : Answer(StatusCodes.Status201Created, rotation => rotation.Add()));

    public ValueTask<AdminReply> SignAsync(string id, JsonMembers body) => new(
        body.RefuseUnknown() is { } problem ? AdminError.BadRequest(problem) : Answer(StatusCodes.Status200OK, rotation => rotation.Sign(id)));

    public ValueTask<AdminReply> RetireAsync(string id, JsonMembers body)
    {
        bool force = body.Flag("force") ?? false;
        return new(body.RefuseUnknown() is { } problem
            ? AdminError.BadRequest(problem)
            : Answer(StatusCodes.Status204NoContent, rotation => rotation.Retire(id, force)));
    }

    private AdminReply Answer(int status, Func<KeyRotation, KeyChange> change)
    {
        if (rotation is null) return AdminError.KeysConfigured;
        return change(rotation) switch
        {
            KeyChange.Done when status == StatusCodes.Status204NoContent => new NoContentReply(),
            KeyChange.Done done => new KeyReply(status, done.Keys, done.Key, rotation.Limits),
            KeyChange.NoSuchKey => AdminError.UnknownKey,
            KeyChange.TooMany => AdminError.TooManyKeys,
            KeyChange.IsSigner => AdminError.KeySigns,
            KeyChange.InUse inUse => AdminError.KeyInUse(inUse.Until),
            var other => throw new InvalidOperationException($"{other.GetType()} is not a result of a change of keys."),
        };
    }
}
