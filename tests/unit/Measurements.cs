using System.Diagnostics.Metrics;

namespace CaptchaCluster.Tests;

/// <summary>What the instruments of one meter were told from now on, as text: <c>name{label=value,…} number</c>.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly List<string> lines = [];

    public Measurements(Meter meter)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter)) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => Add(instrument, $"{value}", labels));
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Add(instrument, $"{value}", labels));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Add(instrument, $"{value}", labels));
        listener.Start();
    }

    /// <summary>In the order of their coming.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines) return [.. lines];
        }
    }

    /// <summary>Asks those that are only asked.</summary>
    public IReadOnlyList<string> Collect()
    {
        int before = Lines.Count;
        listener.RecordObservableInstruments();
        return [.. Lines.Skip(before)];
    }

    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, string value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        string text = string.Join(',', labels.ToArray().Select(label => $"{label.Key}={label.Value}"));
        lock (lines) lines.Add($"{instrument.Name}{{{text}}} {value}");
    }
}
