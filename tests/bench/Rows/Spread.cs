namespace CaptchaCluster.Bench.Rows;

/// <summary>What the rounds gave.</summary>
internal readonly record struct Spread(double Min, double Median, double Max)
{
    /// <param name="values">One at least.</param>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return new Spread(sorted[0], sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[^1]);
    }
}
