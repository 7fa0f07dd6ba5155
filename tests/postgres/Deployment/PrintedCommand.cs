using System.Text.RegularExpressions;
using CaptchaCluster.Tests.History;
using CaptchaCluster.Tests.Processes;

namespace CaptchaCluster.Tests.Postgres.Deployment;

/// <summary>The verification that <c>up.sh</c> prints, to paste into a terminal.</summary>
internal sealed partial record PrintedCommand(string Secret, string Token)
{
    public static PrintedCommand In(string said)
    {
        Match command = Command().Match(said);
        return command.Success
            ? new PrintedCommand(command.Groups[1].Value, command.Groups[2].Value)
            : throw new InvalidDataException($"There is no command in what it said:\n{said}");
    }

    /// <summary>Again with the same key where the outcome is unknown, as the balancer may not have noticed yet who is gone.</summary>
    public async Task<Verdict> VerifyAsync(int port, string key)
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = GatewayProcess.Patience };
        while (true)
        {
            using FormUrlEncodedContent form = new([new("secret", Secret), new("response", Token), new("idempotency_key", key)]);
            Answer answer = await Answer.OfAsync(http, form);
            if (!answer.HasCome) throw answer.Failure!;
            if (!answer.IsUndecided) return answer.Verdict;
        }
    }

    [GeneratedRegex("^curl -d secret=(\\S+) -d response=(\\S+) http", RegexOptions.Multiline)]
    private static partial Regex Command();
}
