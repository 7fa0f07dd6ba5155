using System.Globalization;
using System.Net;
using System.Text;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>A line of a plot.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Points">From left to right.</param>
/// <param name="IsDashed">For what was planned, not measured.</param>
/// <param name="HasDots">For few points.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points, bool IsDashed = false, bool HasDots = false);

/// <summary>A plot of lines as one SVG element that needs nothing else, in a light and a dark dress.</summary>
internal sealed class Plot(string title, Axis x, Axis y, IReadOnlyList<Series> series)
{
    private const int Width = 880;
    private const int Height = 320;
    private const int Left = 76;
    private const int Right = 30;
    private const int Top = 58;
    private const int Bottom = 52;

    private const string Style = """
        .plot{font:13px system-ui,sans-serif;--back:#fff;--ink:#1d2733;--soft:#5b6b7d;--grid:#e4e9ef;--s0:#2166c4;--s1:#0b9a72;--s2:#e08a00;--s3:#d1432f;--s4:#8b57c2;--s5:#3aa6c9}
        @media(prefers-color-scheme:dark){.plot{--back:#151b23;--ink:#e6ebf2;--soft:#9aa8b8;--grid:#2b3542;--s0:#6aa5ff;--s1:#3fcf9f;--s2:#ffb648;--s3:#ff7b66;--s4:#bb92ee;--s5:#6fd0ee}}
        .plot .back{fill:var(--back)}.plot .grid{stroke:var(--grid);shape-rendering:crispEdges}.plot text{fill:var(--soft)}.plot .title{fill:var(--ink);font-weight:600;font-size:15px}
        .plot .name{fill:var(--ink)}.plot .line{fill:none;stroke-width:2;stroke-linejoin:round}.plot .dashed{stroke-dasharray:6 5}
        """;

    public override string ToString()
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" role="img" aria-label="{Escape(title)}" """);
        svg.Append(CultureInfo.InvariantCulture, $"""data-unit="{Escape(x.Label)}"{(x.IsOfShares ? " data-shares=\"1\"" : "")} data-plot="{Escape(Data())}">""").AppendLine();
        svg.Append("<style>").Append(Style).AppendLine("</style>");
        svg.AppendLine($"""<rect class="back" width="{Width}" height="{Height}" rx="8"/>""");
        svg.AppendLine($"""<text class="title" x="{Left}" y="24">{Escape(title)}</text>""");
        AppendLegend(svg);
        AppendGrid(svg);
        for (int i = 0; i < series.Count; i++) AppendLine(svg, series[i], i);
        return svg.Append("</svg>").ToString();
    }

    private void AppendLegend(StringBuilder svg)
    {
        double at = Left;
        for (int i = 0; i < series.Count; i++)
        {
            string dress = series[i].IsDashed ? "line dashed" : "line";
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="{dress}" stroke="var(--s{i})" d="M{at:0} 42h22"/><text class="name" x="{at + 28:0}" y="46">{Escape(series[i].Name)}</text>""");
            at += 52 + (series[i].Name.Length * 7.2);
        }
    }

    private void AppendGrid(StringBuilder svg)
    {
        foreach ((double value, string text) in y.Marks())
        {
            double place = PlaceY(value);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{Left} {place:0.#}H{Width - Right}"/><text x="{Left - 8}" y="{place + 4:0.#}" text-anchor="end">{text}</text>""");
        }

        foreach ((double value, string text) in x.Marks())
        {
            double place = PlaceX(value);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{place:0.#} {Top}V{Height - Bottom}"/><text x="{place:0.#}" y="{Height - Bottom + 18}" text-anchor="middle">{text}</text>""");
        }

        svg.AppendLine($"""<text x="{(Left + Width - Right) / 2}" y="{Height - 10}" text-anchor="middle">{Escape(x.Label)}</text>""");
        svg.AppendLine($"""<text transform="translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{Escape(y.Label)}</text>""");
    }

    private void AppendLine(StringBuilder svg, Series line, int number)
    {
        if (line.Points.Count == 0) return;
        string dress = line.IsDashed ? "line dashed" : "line";
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"{dress}\" stroke=\"var(--s{number})\" points=\"");
        foreach ((double px, double py) in line.Points) svg.Append(CultureInfo.InvariantCulture, $"{PlaceX(px):0.#},{PlaceY(py):0.#} ");
        svg.AppendLine("\"/>");
        if (!line.HasDots) return;
        foreach ((double px, double py) in line.Points)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<circle cx="{PlaceX(px):0.#}" cy="{PlaceY(py):0.#}" r="3.5" fill="var(--s{number})"/>""");
    }

    private double PlaceX(double value) => Left + (x.PlaceOf(value) * (Width - Left - Right));

    private double PlaceY(double value) => Height - Bottom - (y.PlaceOf(value) * (Height - Top - Bottom));

    /// <summary>For a page's script: per line its name and its points as value, value, place, place.</summary>
    private string Data()
    {
        StringBuilder json = new("[");
        foreach (Series line in series)
        {
            if (json.Length > 1) json.Append(',');
            json.Append(CultureInfo.InvariantCulture, $"[\"{line.Name}\"");
            foreach ((double px, double py) in line.Points)
                json.Append(CultureInfo.InvariantCulture, $",{px:0.#######},{py:0.#####},{PlaceX(px):0.#},{PlaceY(py):0.#}");
            json.Append(']');
        }

        return json.Append(']').ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
