using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Gateway.Settings;
using CaptchaCluster.Redemption;
using CaptchaCluster.Sites;
using CaptchaCluster.Storage.Audit;
using CaptchaCluster.Storage.File.Audit;
using CaptchaCluster.Storage.File.Ledger;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Hosting;

/// <summary>Everything of a single node that stands behind its listeners, over the data directory it owns (<c>Store:Kind=file</c>).</summary>
internal sealed class EmbeddedNode : INode
{
    private readonly FileBackend backend;

    private EmbeddedNode(FileBackend backend, TimeProvider clock)
    {
        this.backend = backend;
        Sites = new SiteRegistry(backend.Sites, backend.OwnedSites, clock);
        ManagementTokens = new ManagementTokens(backend.ManagementTokens, clock);
    }

    public IRedeemer Redeemer => backend.Redeemer;

    public string DataRoot => backend.Root;

    public SiteRegistry Sites { get; }

    public FileAuditLog AuditLog => backend.AuditLog;

    IAuditLog INode.AuditLog => AuditLog;

    public TokenCodec Codec { get; private set; } = null!;

    public FreshSites? FreshSites => null;

    public KeyRotation? Keys { get; private set; }

    public ManagementTokens ManagementTokens { get; }

    public string AdminKey { get; private set; } = null!;

    public string? AdminKeyPath { get; private set; }

    public string? DataDirectoryPath => backend.Root;

    public bool IsAdminKeyReplaced { get; private set; }

    public bool IsNew => backend.IsNew;

    /// <exception cref="StartupException">The directory, a file in it or a store cannot be used.</exception>
    public static async Task<EmbeddedNode> OpenAsync(NodeStart start)
    {
        EmbeddedNode? node = null;
        try
        {
            node = new EmbeddedNode(await FileBackend.OpenAsync(start), start.Clock);
            node.OpenKeys(start.Settings, start.Restored, start.Clock);
            node.backend.OpenLedger();
            return node;
        }
        catch (Exception exception)
        {
            if (node is not null) await node.DisposeAsync();
            if (FileBackend.RefusalOf(exception, start.Settings.Gateway.DataDirectory) is { } refusal) throw refusal;
            throw;
        }
    }

    public PinnedLedger PinLedger() => backend.PinLedger();

    public ValueTask DisposeAsync() => backend.DisposeAsync();

    // After the sites, and before the ledger: whether there are sites decides whether keys may be made.
    private void OpenKeys(NodeSettings settings, bool restored, TimeProvider clock)
    {
        OpenKeyRing(settings, restored, clock);
        if (settings.Gateway.AdminKey is { } configured)
        {
            AdminKey = configured;
            return;
        }

        (AdminKey, bool isNewKey) = AdminKeyFile.LoadOrCreate(backend.Root);
        AdminKeyPath = Path.Combine(backend.Root, AdminKeyFile.Name);
        IsAdminKeyReplaced = isNewKey && !IsNew;
    }

    private void OpenKeyRing(NodeSettings settings, bool restored, TimeProvider clock)
    {
        if (settings.Tokens.Keys is { } ring)
        {
            Codec = new TokenCodec(ring, settings.TokenLimits, clock);
            return;
        }

        // A restored start refuses the tokens issued so far in any case; their keys are not missed.
        KeyRingFile file = new(backend.Root);
        RotatingKeys keys = file.LoadOrCreate(mayCreate: IsNew || restored, UnixSeconds.Now(clock));
        Codec = new TokenCodec(keys.Ring, settings.TokenLimits, clock);
        Keys = new KeyRotation(keys, file, Codec, clock);
    }
}
