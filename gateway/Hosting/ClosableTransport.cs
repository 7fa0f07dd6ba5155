using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// A transport that can stop listening while its connections go on. The server can only do both at once, and so cuts off who
/// sends his next request in just that moment.
/// </summary>
internal sealed class ClosableTransport(IConnectionListenerFactory transport) : IConnectionListenerFactory
{
    private readonly ConcurrentBag<IConnectionListener> listeners = [];

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener listener = await transport.BindAsync(endpoint, cancellationToken);
        listeners.Add(listener);
        return listener;
    }

    /// <summary>From now on connecting is refused. The server takes its listeners for ended, and unbinds them once more later.</summary>
    public async Task CloseAsync()
    {
        foreach (IConnectionListener listener in listeners) await listener.UnbindAsync();
    }
}
