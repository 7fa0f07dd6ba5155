namespace CaptchaCluster.Bench;

/// <summary>How every server that CaptchaCluster is compared with is hosted: Kestrel as it comes, on a free port of loopback.</summary>
internal static class BenchHost
{
    /// <summary>As the gateway hosts its public listener: requests run on the threads that wait for the sockets.</summary>
    public const string OnSocketThreads = "--on-socket-threads";

    /// <summary>Serves until it is told to end. Announces its address in one line.</summary>
    public static async Task ServeAsync(string[] args, RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.AddServerHeader = false);
        if (args.Contains(OnSocketThreads)) builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        await using WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(answer);
        await app.StartAsync();
        Console.WriteLine($"listening {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    public static async Task AnswerAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json);
    }
}
