using System.Globalization;

namespace CaptchaCluster.Tests.Load.Mix;

/// <summary>In which shares the kinds of requests are sent.</summary>
internal sealed class MixShares
{
    private readonly double[] weights = new double[Expectation.Kinds.Count];
    private readonly double sum;

    private MixShares(IReadOnlyDictionary<RequestKind, double> shares)
    {
        foreach ((RequestKind kind, double weight) in shares) weights[(int)kind] = weight;
        sum = weights.Sum();
    }

    public static MixShares AllFresh { get; } = Only(RequestKind.Fresh);

    public static MixShares Only(RequestKind kind) => new(new Dictionary<RequestKind, double> { [kind] = 1 });

    /// <summary>0…1.</summary>
    public double ShareOf(RequestKind kind) => weights[(int)kind] / sum;

    public bool Has(RequestKind kind) => weights[(int)kind] > 0;

    /// <summary>Needs tokens that were redeemed before.</summary>
    public bool NeedsSpent => Has(RequestKind.Duplicate) || Has(RequestKind.Retry);

    public RequestKind Choose(Random random)
    {
        double at = random.NextDouble() * sum;
        for (int i = 0; i < weights.Length - 1; i++)
        {
            at -= weights[i];
            if (at < 0) return (RequestKind)i;
        }

        return (RequestKind)Array.FindLastIndex(weights, weight => weight > 0);
    }

    /// <summary>Reads <c>fresh=70,duplicate=20,forged=10</c>; only how the numbers compare matters.</summary>
    /// <exception cref="FormatException">The message says what is allowed.</exception>
    public static MixShares Parse(string text)
    {
        Dictionary<RequestKind, double> shares = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = part.Split('=', StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || !TryRead(sides[0], out RequestKind kind) || !TryReadWeight(sides[1], out double weight))
                throw new FormatException($"'{part}' is not a kind and its share; write for example fresh=70,duplicate=30, of these kinds: {KindNames}.");
            if (!shares.TryAdd(kind, weight)) throw new FormatException($"'{sides[0]}' is there twice.");
        }

        return shares.Values.Sum() > 0 ? new MixShares(shares) : throw new FormatException("It has no share above 0.");
    }

    public override string ToString() => string.Join(
        ", ", Expectation.Kinds.Where(Has).Select(kind => string.Create(CultureInfo.InvariantCulture, $"{Expectation.NameOf(kind)} {ShareOf(kind) * 100:0.##} %")));

    private static string KindNames => string.Join(", ", Expectation.Kinds.Select(Expectation.NameOf));

    private static bool TryRead(string name, out RequestKind kind)
    {
        kind = Expectation.Kinds.FirstOrDefault(known => Expectation.NameOf(known) == name, (RequestKind)(-1));
        return (int)kind >= 0;
    }

    private static bool TryReadWeight(string text, out double weight) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight) && double.IsFinite(weight);
}
