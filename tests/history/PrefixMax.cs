namespace CaptchaCluster.Tests.History;

/// <summary>Answers "of all entries with a key at (or below) this time, which has the largest value?" in O(log n).</summary>
internal sealed class PrefixMax
{
    private readonly List<(long Key, long Value, int Tag)> _entries = [];

    public void Add(long key, long value, int tag = -1) => _entries.Add((key, value, tag));

    /// <summary>To be called once, after the last <see cref="Add"/> and before the first question.</summary>
    public void Seal()
    {
        _entries.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        for (var i = 1; i < _entries.Count; i++)
            if (_entries[i - 1].Value > _entries[i].Value)
                _entries[i] = (_entries[i].Key, _entries[i - 1].Value, _entries[i - 1].Tag);
    }

    public bool TryAtOrBelow(long key, out long value, out int tag)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Key <= key) low = middle + 1;
            else high = middle;
        }
        (value, tag) = low == 0 ? (long.MinValue, -1) : (_entries[low - 1].Value, _entries[low - 1].Tag);
        return low > 0;
    }

    public bool TryBelow(long key, out long value, out int tag)
    {
        if (key != long.MinValue) return TryAtOrBelow(key - 1, out value, out tag);
        (value, tag) = (long.MinValue, -1);
        return false;
    }
}

/// <summary>Observer ticks are added without wrapping: <see cref="long.MaxValue"/> stays "never".</summary>
internal static class Saturating
{
    public static long Plus(this long time, long span)
    {
        var sum = unchecked(time + span);
        if (span >= 0) return sum < time ? long.MaxValue : sum;
        return sum > time ? long.MinValue : time == long.MaxValue ? long.MaxValue : sum;
    }
}
