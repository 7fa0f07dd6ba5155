using CaptchaCluster.Tests.Load.Http;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>What all workers of a test share.</summary>
internal sealed class WorkerSetup
{
    private readonly Dictionary<Uri, RequestWriter> writers;

    /// <param name="targets">Connections are spread over them evenly.</param>
    /// <param name="secret">Of the tokens' site.</param>
    /// <param name="wrongSecret">Of its form, and not valid.</param>
    public WorkerSetup(IReadOnlyList<Target> targets, string secret, string wrongSecret)
    {
        Targets = targets;
        writers = targets.DistinctBy(target => target.Url).ToDictionary(target => target.Url, target => new RequestWriter(target, secret, wrongSecret));
    }

    public IReadOnlyList<Target> Targets { get; }

    public required TokenStock Stock { get; init; }

    public required TestClock Clock { get; init; }

    /// <summary>In all.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>Threads that send.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>What is chosen at random repeats with it; how the answers interleave does not.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long an answer is waited for.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public bool ChecksCertificates { get; init; } = true;

    public WrongAnswers WrongAnswers { get; } = new();

    public RequestWriter WriterFor(Target target) => writers[target.Url];
}
