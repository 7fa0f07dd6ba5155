using System.IO.Pipelines;

// The yardstick: Kestrel, nothing but draining the body and answering a constant of the same size as a verdict.
byte[] answer = [.. """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"localhost","error-codes":[]}"""u8];

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(options => options.AddServerHeader = false);
WebApplication app = builder.Build();
app.Run(async context =>
{
    PipeReader body = context.Request.BodyReader;
    while (true)
    {
        ReadResult read = await body.ReadAsync();
        body.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted) break;
    }

    context.Response.ContentType = "application/json";
    context.Response.ContentLength = answer.Length;
    await context.Response.BodyWriter.WriteAsync(answer);
});
await app.RunAsync();
