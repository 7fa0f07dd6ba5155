using System.Security.Cryptography;
using System.Text;
using CaptchaCluster.Gateway.Hosting;
using CaptchaCluster.Gateway.Logging;
using CaptchaCluster.Storage.Audit;

namespace CaptchaCluster.Gateway.Admin.Audit;

/// <summary>
/// Writes what administrators do into the audit log, and refuses to have it done where that cannot be written. A deed is told
/// before it is begun and when it has ended, both durably, so that no crash hides one.
/// </summary>
internal sealed partial class AdminAudit : IDisposable
{
    private readonly IAuditLog log;
    private readonly AuditTally tally;
    private readonly ClientAddresses addresses;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly OncePerMinute line;
    private readonly string actor;

    /// <param name="log">Open.</param>
    /// <param name="adminKey">Only a fingerprint of it is kept.</param>
    /// <param name="addresses">Tells clients behind trusted proxies.</param>
    /// <param name="clock">Wall and monotonic time.</param>
    /// <param name="logger">Hears of entries that could not be written.</param>
    public AdminAudit(IAuditLog log, string adminKey, ClientAddresses addresses, TimeProvider clock, ILogger<AdminAudit> logger)
    {
        this.log = log;
        this.addresses = addresses;
        this.clock = clock;
        this.logger = logger;
        line = new OncePerMinute(clock);
        tally = new AuditTally(log, clock, Failed);
        actor = FingerprintOf(adminKey);
    }

    public IAuditLog Log => log;

    /// <summary>
    /// 16 bits: enough to tell one key from the next, too little to find a key by, should somebody have chosen one that can
    /// be guessed.
    /// </summary>
    public static string FingerprintOf(string adminKey)
    {
        const int length = 2;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes("CaptchaCluster admin key\0" + adminKey));
        return "admin-key:" + Convert.ToHexStringLower(hash.AsSpan(0, length));
    }

    /// <summary>What the process does of itself.</summary>
    /// <exception cref="IOException">It is not durable.</exception>
    public Task TellAsync(AuditedAction action, string? target = null, long? tokens = null) =>
        log.AppendAsync(action.ByProcess(clock) with { Target = target, Tokens = tokens });

    /// <summary>The last entry, at a clean end.</summary>
    public async ValueTask TellStopAsync()
    {
        await tally.FlushAsync();
        try
        {
            await TellAsync(AuditedAction.Stop);
        }
        catch (IOException exception)
        {
            Failed(exception);
        }
    }

    /// <summary>Somebody came without the admin key. That he is refused does not hang on whether it can be written.</summary>
    public async ValueTask TellRefusalAsync(HttpContext context)
    {
        try
        {
            await tally.TellAsync(EntryOf(context, AuditedAction.RefuseAccess) with
            {
                Actor = null,
                Status = AdminError.Unauthorized.Status,
                Error = AdminError.Unauthorized.Code,
            });
        }
        catch (IOException exception)
        {
            Failed(exception);
        }
    }

    /// <param name="context">Of the call.</param>
    /// <param name="action">What it does.</param>
    /// <param name="target">What it is done to, known to be a name; null where nothing is known.</param>
    public AuditedCall Begin(HttpContext context, AuditedAction action, string? target) =>
        new(this, EntryOf(context, action) with { Target = target }, action.IsFrequent);

    /// <summary>Writes what was only counted so far.</summary>
    public Task FlushAsync() => tally.FlushAsync();

    /// <summary>Counts nothing more. The log is not its own.</summary>
    public void Dispose() => tally.Dispose();

    /// <summary>Null where it cannot be written.</summary>
    internal async ValueTask<long?> TryAppendAsync(AuditEntry entry)
    {
        try
        {
            return await log.AppendAsync(entry with { Time = UnixSeconds.Now(clock) });
        }
        catch (IOException exception)
        {
            Failed(exception);
            return null;
        }
    }

    /// <summary>As <see cref="TryAppendAsync"/>, for what may share an entry.</summary>
    internal async ValueTask<bool> TryCountAsync(AuditEntry entry)
    {
        try
        {
            await tally.TellAsync(entry with { Time = UnixSeconds.Now(clock) });
            return true;
        }
        catch (IOException exception)
        {
            Failed(exception);
            return false;
        }
    }

    private AuditEntry EntryOf(HttpContext context, AuditedAction action) => new()
    {
        Time = UnixSeconds.Now(clock),
        Action = action.Name,
        Actor = context.Features.Get<AuditActor>()?.Name ?? actor,
        From = addresses.Of(context).ToString(),
        Request = RequestId.Of(context),
    };

    private void Failed(Exception exception)
    {
        if (line.Admits(out long times)) Lines.Failed(logger, exception, times);
    }

    private static partial class Lines
    {
        [LoggerMessage(
            LogLevel.Error,
            "The audit log cannot be written: calls of the admin API that change something are refused. {Times} entries failed since last told.")]
        public static partial void Failed(ILogger logger, Exception exception, long times);
    }
}
