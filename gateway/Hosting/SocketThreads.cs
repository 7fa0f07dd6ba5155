namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// Verifications run on the threads that wait for the sockets, one for each processor, as nothing on their way blocks: handing
/// each to the thread pool would cost as much as judging it. The admin API does not; it goes by the pool.
/// </summary>
internal static class SocketThreads
{
    /// <summary>Requests that one of these threads answers in a row before it lets one go by the pool.</summary>
    private const int RequestsInARow = 64;

    private const string RuntimeVariable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    [ThreadStatic]
    private static int inARow;

    /// <summary>To be called before the first socket is made: the runtime reads this once, and only from the environment.</summary>
    public static void RunContinuationsInline()
    {
        if (Environment.GetEnvironmentVariable(RuntimeVariable) is null) Environment.SetEnvironmentVariable(RuntimeVariable, "1");
    }

    /// <summary>
    /// A connection that sends without waiting for the answers has its next request always ready, and would keep the thread
    /// from all others. From the pool it goes on by the pool.
    /// </summary>
    public static void UseFairTurns(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (++inARow < RequestsInARow) return next(context);
        inARow = 0;
        return ByThePoolAsync(next, context);
    });

    private static async Task ByThePoolAsync(RequestDelegate next, HttpContext context)
    {
        await Task.Yield();
        await next(context);
    }
}
