using System.Text;

namespace CaptchaCluster.Gateway.Dialects.Requests;

/// <summary>A field of a verification request, and a set of them.</summary>
[Flags]
internal enum RequestField : byte
{
    None = 0,
    Secret = 1,
    Token = 2,
    RemoteIp = 4,
    IdempotencyKey = 8,
    SiteKey = 16,
    Action = 32,
    Uid = 64,

    /// <summary>Whether to spend nothing. The only one that is a truth value.</summary>
    Peek = 128,
}

/// <summary>
/// What the fields are called in one dialect, in any case (X4). Several names for one field are that field named again: who
/// sends two of them sends it twice.
/// </summary>
internal sealed class FieldNames
{
    /// <summary>Bytes a name may have; what decodes to more is unknown without being decoded.</summary>
    public const int MaxLength = 15;

    private readonly (byte[] Name, RequestField Field)[][] byLength = new (byte[], RequestField)[MaxLength + 1][];

    public FieldNames(params IEnumerable<(string Name, RequestField Field)> names)
    {
        Names = [.. names.Select(entry => entry.Name)];
        for (int length = 0; length <= MaxLength; length++)
            byLength[length] = [.. names.Where(entry => entry.Name.Length == length).Select(entry => (Encoding.ASCII.GetBytes(entry.Name), entry.Field))];
        if (byLength.Sum(entries => entries.Length) != Names.Count) throw new ArgumentException($"a name has more than {MaxLength} bytes", nameof(names));
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The member of a JSON document that the fields are members of; null: they are members of the document.</summary>
    public string? Container { get; init; }

    /// <summary>The field called <paramref name="name"/> (decoded), or <see cref="RequestField.None"/>.</summary>
    public RequestField Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxLength) return RequestField.None;
        foreach ((byte[] known, RequestField field) in byLength[name.Length])
        {
            if (Ascii.EqualsIgnoreCase(name, known)) return field;
        }

        return RequestField.None;
    }
}
