using System.Net;
using System.Text.Json;
using CaptchaCluster.Sites;
using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Processes;

/// <summary>
/// A site as its one owner knows it. What the owner does is recorded; what has no answer is done again, a rotation with its
/// <c>rotation_id</c>. Its methods are called one at a time; what it knows may be read at any time.
/// </summary>
internal sealed class RecordedSite(HistoryRecorder recorder, int number, SiteKey key, string secret)
{
    private volatile IssuedSecret[] secrets = [new(1, secret)];
    private Rotation? undecidedRotation;

    /// <summary>In the history.</summary>
    public int Number => number;

    public SiteKey Key => key;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<IssuedSecret> Secrets => secrets;

    public IssuedSecret Newest => secrets[^1];

    /// <summary>As far as its owner knows: set before disabling, unset after enabling.</summary>
    public bool MayBeDisabled { get; private set; }

    public bool IsUndecided => undecidedRotation is not null || MayBeDisabled;

    /// <summary>False where a grace was under way, or where the outcome is unknown; <see cref="SettleAsync"/> then.</summary>
    public Task<bool> RotateAsync(AdminClient admin, bool immediately) =>
        RotateAsync(admin, new Rotation(immediately, $"rotation-{Guid.NewGuid()}"));

    /// <summary>False where the outcome is unknown.</summary>
    public async Task<bool> SetDisabledAsync(AdminClient admin, bool disabled)
    {
        if (disabled) MayBeDisabled = true;
        PendingSiteOperation operation = recorder.Begin(disabled ? SiteOperationKind.Disable : SiteOperationKind.Enable, number);
        try
        {
            await admin.SetDisabledAsync(key.ToString(), disabled);
            operation.Acknowledge();
            MayBeDisabled = disabled;
            return true;
        }
        catch (AdminException exception) when (exception.IsUnknown)
        {
            return false;
        }
    }

    public async Task DeleteAsync(AdminClient admin)
    {
        PendingSiteOperation operation = recorder.Begin(SiteOperationKind.Delete, number);
        await admin.DeleteAsync(key.ToString());
        operation.Acknowledge();
    }

    /// <summary>Brings the site back to work, with a secret that is known.</summary>
    public async Task SettleAsync(AdminClient admin)
    {
        if (undecidedRotation is { } rotation) await RotateAsync(admin, rotation);
        if (MayBeDisabled && undecidedRotation is null) await SetDisabledAsync(admin, disabled: false);
    }

    private async Task<bool> RotateAsync(AdminClient admin, Rotation rotation)
    {
        SiteOperationKind kind = rotation.Immediately ? SiteOperationKind.RotateImmediate : SiteOperationKind.RotateGraceful;
        PendingSiteOperation operation = recorder.Begin(kind, number, Newest.Generation);
        try
        {
            JsonElement reply = await admin.RotateAsync(key.ToString(), rotation.Immediately, rotation.Id);
            int generation = reply.GetProperty("generation").GetInt32();
            DateTimeOffset? graceEnd = reply.TryGetProperty("old_secret_expires_at", out JsonElement end) ? end.GetDateTimeOffset() : null;
            operation.Acknowledge(generation, graceEnd);
            secrets = [.. secrets, new(generation, reply.GetProperty("secret").GetString()!)];
            undecidedRotation = null;
            return true;
        }
        catch (AdminException exception) when (exception.IsUnknown)
        {
            undecidedRotation = rotation;
            return false;
        }
        catch (AdminException exception) when (exception.Status == HttpStatusCode.Conflict)
        {
            // Had it been done before its answer was lost, its id would have brought the answer.
            operation.Refuse();
            undecidedRotation = null;
            return false;
        }
    }

    private sealed record Rotation(bool Immediately, string Id);
}
