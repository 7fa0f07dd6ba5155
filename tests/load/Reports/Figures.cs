using System.Globalization;

namespace CaptchaCluster.Tests.Load.Reports;

/// <summary>How numbers are written for people.</summary>
internal static class Figures
{
    /// <summary>With as many digits as the histogram stands for.</summary>
    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds switch
    {
        >= 100 and var value => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 and var value => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 and var value => value.ToString("0.00", CultureInfo.InvariantCulture),
        var value => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    public static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
