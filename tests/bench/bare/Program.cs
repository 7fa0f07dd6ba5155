using System.IO.Pipelines;
using CaptchaCluster.Bench;

// The yardstick: Kestrel, nothing but draining the body and answering a constant of the same size as a verdict.
byte[] answer = [.. """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"localhost","error-codes":[]}"""u8];

await BenchHost.ServeAsync(args, async context =>
{
    PipeReader body = context.Request.BodyReader;
    while (true)
    {
        ReadResult read = await body.ReadAsync();
        body.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted) break;
    }

    await BenchHost.AnswerAsync(context, answer);
});
