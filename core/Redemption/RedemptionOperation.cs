using System.Threading.Tasks.Sources;

namespace CaptchaCluster.Redemption;

/// <summary>One request on its way through a host: decided by the thread in the lead, completed by the same thread afterwards.</summary>
internal sealed class RedemptionOperation(in RedemptionRequest request) : IValueTaskSource<RedemptionOutcome>
{
    // Only tells that the outcome is there: a result of its own would be a second copy.
    private ManualResetValueTaskSourceCore<bool> source;

    // A field, not a property: handed on by reference.
    public readonly RedemptionRequest Request = request;

    public RedemptionOutcome Outcome { get; set; }

    public ValueTask<RedemptionOutcome> Task => new(this, source.Version);

    /// <summary>Runs what awaits it, here and now.</summary>
    public void Complete() => source.SetResult(true);

    RedemptionOutcome IValueTaskSource<RedemptionOutcome>.GetResult(short token)
    {
        source.GetResult(token);
        return Outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<RedemptionOutcome>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<RedemptionOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
