using System.Text;

namespace CaptchaCluster.Bench.Report;

/// <summary>A table; cells hold no line breaks.</summary>
internal sealed class MarkdownTable(params string[] head)
{
    private readonly StringBuilder text = new StringBuilder(Line(head)).Append('\n').Append(Line([.. head.Select(_ => "---")])).Append('\n');

    public void Add(params string[] cells) => text.Append(Line(cells)).Append('\n');

    public override string ToString() => text.ToString();

    private static string Line(string[] cells) => $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |";
}
