using System.Text.Json;
using CaptchaCluster.Sites;

namespace CaptchaCluster.Tokens;

/// <summary>
/// A genuine token, read. Text members are slices of its own payload: JSON string content, escaped as the minter wrote it,
/// ready to be copied into another JSON document. Absent members are empty.
/// </summary>
public sealed class PassToken
{
    private static readonly SigningKey DummyKey = new("dummy", new byte[SigningKey.Size]);

    private readonly byte[] payload;

    internal PassToken(byte[] payload, SigningKey key)
    {
        this.payload = payload;
        Key = key;
    }

    /// <summary>No token of anybody's: what the published test secrets say they verified.</summary>
    internal bool IsDummy => Key == DummyKey;

    /// <summary>What the published test secrets say they verified: minted just now for <c>example.com</c>.</summary>
    internal static PassToken Dummy(UnixSeconds now) => new([.. "example.com"u8], DummyKey)
    {
        IssuedAt = now,
        ExpiresAt = now + 300,
        HostnameSlice = new Slice(0, 11),
    };

    public SiteKey Site { get; internal init; }

    public TokenId Id { get; internal init; }

    public UnixSeconds IssuedAt { get; internal init; }

    public UnixSeconds ExpiresAt { get; internal init; }

    /// <summary>Canonical (<see cref="Sites.Hostname"/>), so it holds no escapes.</summary>
    public ReadOnlySpan<byte> Hostname => Text(HostnameSlice);

    public ReadOnlySpan<byte> Action => Text(ActionSlice);

    public ReadOnlySpan<byte> CData => Text(CDataSlice);

    /// <summary>Whether it was minted for this action, whatever the minter escaped.</summary>
    /// <param name="action">UTF-8, not escaped.</param>
    public bool IsFor(ReadOnlySpan<byte> action)
    {
        Span<byte> quoted = stackalloc byte[ActionSlice.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        Action.CopyTo(quoted[1..]);
        Utf8JsonReader json = new(quoted);
        return json.Read() && json.ValueTextEquals(action);
    }

    /// <summary>A JSON number.</summary>
    public ReadOnlySpan<byte> Score => Text(ScoreSlice);

    /// <summary>A JSON object: <c>game_id</c>, <c>score</c>, <c>duration_ms</c>, each possibly null.</summary>
    public ReadOnlySpan<byte> Platform => Text(PlatformSlice);

    /// <summary>See <see cref="TokenCodec.IsBoundTo(PassToken, System.Net.IPAddress)"/>.</summary>
    internal ReadOnlySpan<byte> ClientAddressHash => Text(ClientAddressSlice);

    internal ReadOnlySpan<byte> UidHash => Text(UidSlice);

    internal SigningKey Key { get; }

    internal Slice HostnameSlice { get; init; }

    internal Slice ActionSlice { get; init; }

    internal Slice CDataSlice { get; init; }

    internal Slice ScoreSlice { get; init; }

    internal Slice PlatformSlice { get; init; }

    internal Slice ClientAddressSlice { get; init; }

    internal Slice UidSlice { get; init; }

    private ReadOnlySpan<byte> Text(Slice slice) => payload.AsSpan(slice.Start, slice.Length);

    internal readonly record struct Slice(ushort Start, ushort Length);
}
