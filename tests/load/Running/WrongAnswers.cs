using System.Text;
using CaptchaCluster.Tests.Load.Mix;

namespace CaptchaCluster.Tests.Load.Running;

/// <summary>One answer that no correct server gives.</summary>
/// <param name="Kind">Of the request, as reports name it.</param>
/// <param name="Expected">The right answer.</param>
/// <param name="Status">HTTP status that came.</param>
/// <param name="Body">What came, shortened.</param>
/// <param name="Token">That was sent, or forged from.</param>
/// <param name="IdempotencyKey">Null where none was sent.</param>
internal sealed record WrongAnswer(string Kind, string Expected, int Status, string Body, string Token, string? IdempotencyKey);

/// <summary>Keeps the first few: one is a failure, and a thousand say no more. For any number of threads.</summary>
internal sealed class WrongAnswers
{
    private const int Kept = 10;
    private const int MaxBodyLength = 500;

    private readonly Lock gate = new();
    private readonly List<WrongAnswer> examples = [];

    public IReadOnlyList<WrongAnswer> Examples
    {
        get
        {
            lock (gate) return [.. examples];
        }
    }

    public void Note(in Submission submission, int status, ReadOnlySpan<byte> body)
    {
        lock (gate)
        {
            if (examples.Count == Kept) return;
            examples.Add(new WrongAnswer(
                Expectation.NameOf(submission.Kind),
                Expectation.Of(submission.Kind).ToString(),
                status,
                Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxBodyLength)]),
                Encoding.ASCII.GetString(submission.Token.Text),
                submission.Key == 0 ? null : RequestKey(submission.Key)));
        }
    }

    private static string RequestKey(long key) => $"load-{key}";
}
