using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using CaptchaCluster.Gateway.Logging;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>
/// Slows down an address that goes on presenting secrets or admin keys which are none. It is asked once an answer is known to
/// be such a refusal, so who presents a right one never waits, not even behind the same address: what protects a secret is its
/// 190 random bits, and this only keeps guessing, or a deployment that was left with an old secret, from taking the node's time.
/// </summary>
/// <remarks>
/// A burst of five seconds' worth is answered at once; then answers wait in line for at most two seconds, and who comes when
/// the line is full is told 503. Addresses share a fixed number of lines (I10), an IPv6 network of 64 bits counts as one.
/// </remarks>
internal sealed partial class InvalidSecretLimiter : IDisposable
{
    /// <summary>Of lines; which address has which differs from start to start, so that nobody chooses a neighbour.</summary>
    private const int Lines = 16 * 1024;

    private readonly ClientAddresses addresses;
    private readonly PartitionedRateLimiter<IPAddress>? limiter;
    private readonly ILogger<InvalidSecretLimiter> logger;
    private readonly OncePerMinute line;
    private readonly Counter<long> slowed;

    /// <param name="addresses">Says where a request comes from.</param>
    /// <param name="perSecond">Of one address; 0 slows nobody.</param>
    /// <param name="telemetry">Where it is told and counted.</param>
    public InvalidSecretLimiter(ClientAddresses addresses, int perSecond, ListenerTelemetry telemetry)
    {
        this.addresses = addresses;
        logger = telemetry.Loggers.CreateLogger<InvalidSecretLimiter>();
        line = new OncePerMinute(telemetry.Clock);
        slowed = telemetry.Meter.CreateCounter<long>(
            "captchacluster.invalid_secrets.slowed", "{request}", "Refused secrets and admin keys whose answer waited, or was not given.");
        if (perSecond == 0) return;
        TokenBucketRateLimiterOptions options = new()
        {
            TokenLimit = 5 * perSecond,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 2 * perSecond,
            AutoReplenishment = false, // one timer for all lines, which also forgets those that are full again
        };
        limiter = PartitionedRateLimiter.Create<IPAddress, int>(
            address => RateLimitPartition.GetTokenBucketLimiter(LineOf(address), _ => options));
    }

    /// <summary>Returns when the refusal may be answered; false where it may not, and 503 is the answer.</summary>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public ValueTask<bool> WaitAsync(HttpContext context)
    {
        if (limiter is null) return new(true);
        IPAddress address = addresses.Of(context);
        using RateLimitLease atOnce = limiter.AttemptAcquire(address);
        return atOnce.IsAcquired ? new(true) : WaitInLineAsync(limiter, address, context.RequestAborted);
    }

    public void Dispose() => limiter?.Dispose();

    private async ValueTask<bool> WaitInLineAsync(PartitionedRateLimiter<IPAddress> limiter, IPAddress address, CancellationToken aborted)
    {
        slowed.Add(1);
        if (line.Admits(out long times)) Log.Slowed(logger, times);
        using RateLimitLease lease = await limiter.AcquireAsync(address, 1, aborted);
        return lease.IsAcquired;
    }

    // Whoever has one address of an IPv6 network usually has them all.
    private static int LineOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        ulong network = address.AddressFamily == AddressFamily.InterNetworkV6
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return HashCode.Combine(length, network) & (Lines - 1);
    }

    private static partial class Log
    {
        // Without the address: it is a person's, or that of a proxy which says nothing (I11).
        [LoggerMessage(
            LogLevel.Warning,
            "Answers to {Times} requests with an invalid secret or admin key were slowed since last told: one address sends many. "
            + "A site may still use a secret that was rotated out; or set Gateway:TrustedProxies, if all come by one proxy.")]
        public static partial void Slowed(ILogger logger, long times);
    }
}
