using System.Globalization;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>One direction of a plot: from values to places, and where the lines with numbers go.</summary>
internal abstract class Axis(string label)
{
    public string Label => label;

    public double Low { get; protected init; }

    public double High { get; protected init; }

    /// <summary>Its values are shares of all.</summary>
    public bool IsOfShares => this is ShareAxis;

    /// <summary>Where a value is: 0…1.</summary>
    public double PlaceOf(double value) => Math.Clamp((Scaled(value) - Scaled(Low)) / (Scaled(High) - Scaled(Low)), 0, 1);

    /// <summary>Values to mark, with their text.</summary>
    public abstract IEnumerable<(double Value, string Text)> Marks();

    /// <summary>From 0 to the highest value, or to the next mark above it.</summary>
    public static Axis Linear(string label, IReadOnlyCollection<double> values, bool toNextMark = true) =>
        new LinearAxis(label, values.DefaultIfEmpty(0).Max(), toNextMark);

    /// <summary>Values at or below 0 lie on its edge.</summary>
    public static Axis Log(string label, IReadOnlyCollection<double> values) =>
        new LogAxis(label, [.. values.Where(value => value > 0).DefaultIfEmpty(1)]);

    /// <summary>Shares of all, 0…1, drawn wider the nearer they are to 1.</summary>
    public static Axis Shares(string label, IReadOnlyCollection<double> values) => new ShareAxis(label, values.DefaultIfEmpty(0).Max());

    protected abstract double Scaled(double value);

    protected static string Text(double value) => Math.Abs(value) switch
    {
        >= 1_000_000 => (value / 1_000_000).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 10_000 => (value / 1000).ToString("0.##", CultureInfo.InvariantCulture) + " k",
        _ => value.ToString("#,0.####", CultureInfo.InvariantCulture),
    };

    private sealed class LinearAxis : Axis
    {
        private readonly double step;

        public LinearAxis(string label, double high, bool toNextMark) : base(label)
        {
            if (high <= 0) high = 1;
            double rough = high / 5;
            double magnitude = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            step = magnitude * ((rough / magnitude) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
            High = toNextMark ? Math.Ceiling(high / step) * step : high;
        }

        public override IEnumerable<(double Value, string Text)> Marks()
        {
            for (int i = 0; i * step <= High * 1.001; i++) yield return (i * step, Text(Math.Round(i * step, 10)));
        }

        protected override double Scaled(double value) => value;
    }

    private sealed class LogAxis : Axis
    {
        public LogAxis(string label, IReadOnlyCollection<double> values) : base(label)
        {
            Low = Edge(values.Min(), up: false);
            High = Edge(values.Max(), up: true);
            if (High <= Low) High = Low * 10;
        }

        public override IEnumerable<(double Value, string Text)> Marks()
        {
            bool isWide = High / Low > 2000;
            for (int exponent = (int)Math.Floor(Math.Log10(Low)); Math.Pow(10, exponent) <= High * 1.001; exponent++)
            {
                foreach (int digit in isWide ? [1] : new[] { 1, 2, 5 })
                {
                    double value = digit * Math.Pow(10, exponent);
                    if (value >= Low * 0.999 && value <= High * 1.001) yield return (value, Text(Math.Round(value, 10)));
                }
            }
        }

        protected override double Scaled(double value) => Math.Log10(Math.Max(value, Low));

        // The next of 1, 2, 5, 10 times a power of ten.
        private static double Edge(double value, bool up)
        {
            double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
            double[] digits = [1, 2, 5, 10];
            return up ? power * digits.First(digit => digit * power >= value * 0.999) : power * digits.Last(digit => digit * power <= value * 1.001);
        }
    }

    private sealed class ShareAxis : Axis
    {
        private static readonly double[] Marked = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];

        public ShareAxis(string label, double high) : base(label) => High = Math.Clamp(high, 0.9, 0.999999);

        public override IEnumerable<(double Value, string Text)> Marks() => Marked.Where(share => share <= High).Select(
            share => (share, (share * 100).ToString("0.#####", CultureInfo.InvariantCulture) + " %"));

        protected override double Scaled(double value) => -Math.Log10(1 - Math.Min(value, High));
    }
}
