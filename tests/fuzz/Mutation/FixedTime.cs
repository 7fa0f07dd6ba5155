namespace CaptchaCluster.Tests.Fuzz.Mutation;

/// <summary>A clock that stands still.</summary>
internal sealed class FixedTime(UnixSeconds now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now.ToDateTimeOffset();
}
