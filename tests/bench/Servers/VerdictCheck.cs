using System.Text;
using CaptchaCluster.Tests.Load;
using CaptchaCluster.Tests.Load.Mix;
using Answer = CaptchaCluster.Tests.Load.Mix.Answer;

namespace CaptchaCluster.Bench.Servers;

/// <summary>Asks a competitor before it is measured: one that spends no token, or takes any, would be a fast one.</summary>
internal sealed class VerdictCheck(Uri url, CancellationToken cancelled) : IDisposable
{
    private readonly HttpClient http = new();

    /// <exception cref="SetupException">It answers otherwise.</exception>
    public async Task RequireAsync(string secret, string token, Answer expected)
    {
        using FormUrlEncodedContent form = new([new("secret", secret), new("response", token)]);
        using HttpResponseMessage response = await http.PostAsync(url, form, cancelled);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancelled);
        if (AnswerReader.Read((int)response.StatusCode, body) != expected)
            throw new SetupException($"The front of Redis was to answer {expected}, and answered {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}.");
    }

    public void Dispose() => http.Dispose();
}
