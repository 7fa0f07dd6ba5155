using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CaptchaCluster.Tests.Gateway;

/// <summary>Every line that is logged, at any level.</summary>
internal sealed class CollectedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IEnumerable<string> AtLeast(LogLevel level) => lines.Where(line => line.Level >= level).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue((level, formatter(state, exception)));

    public void Dispose()
    {
    }
}
