namespace CaptchaCluster.Tests.Gateway.Telemetry;

/// <summary>One time series of one export. Numbers of the fields: opentelemetry-proto, metrics/v1/metrics.proto.</summary>
/// <param name="Meter">Its meter's name.</param>
/// <param name="Name">Its instrument's name.</param>
/// <param name="Unit">Its instrument's unit.</param>
/// <param name="Labels"><c>name=value</c>, sorted, joined by commas.</param>
/// <param name="Value">The number of a counter or a gauge; the sum of a histogram.</param>
/// <param name="Count">Of a histogram: how many were recorded; null for others.</param>
/// <param name="Service">The resource's service.name.</param>
internal sealed record ExportedPoint(string Meter, string Name, string Unit, string Labels, double Value, ulong? Count, string Service)
{
    public static IEnumerable<ExportedPoint> Read(byte[] request)
    {
        foreach (ProtobufMessage resourceMetrics in new ProtobufMessage(request).Messages(1))
        {
            string service = Attributes.Of(resourceMetrics.Messages(1).Single(), 1)["service.name"];
            foreach (ProtobufMessage scope in resourceMetrics.Messages(2))
            {
                string meter = scope.Messages(1).Single().Text(1);
                foreach (ProtobufMessage metric in scope.Messages(2))
                {
                    foreach (ProtobufMessage point in metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)))
                    {
                        double value = point.Has(6) ? (long)point.Integer(6) : point.Double(4);
                        yield return new ExportedPoint(meter, metric.Text(1), metric.Text(3), Attributes.Line(point, 7), value, null, service);
                    }

                    foreach (ProtobufMessage point in metric.Messages(9).SelectMany(data => data.Messages(1)))
                    {
                        string labels = Attributes.Line(point, 9);
                        yield return new ExportedPoint(meter, metric.Text(1), metric.Text(3), labels, point.Double(5), point.Integer(4), service);
                    }
                }
            }
        }
    }
}

/// <summary>One span. Numbers of the fields: opentelemetry-proto, trace/v1/trace.proto.</summary>
internal sealed record ExportedSpan(string Name, string TraceId, string ParentId, ulong Kind, IReadOnlyDictionary<string, string> Attributes, string Service)
{
    public const ulong Server = 2;

    public static IEnumerable<ExportedSpan> Read(byte[] request) =>
        from resourceSpans in new ProtobufMessage(request).Messages(1)
        let service = Telemetry.Attributes.Of(resourceSpans.Messages(1).Single(), 1)["service.name"]
        from scope in resourceSpans.Messages(2)
        from span in scope.Messages(2)
        select new ExportedSpan(span.Text(5), span.Hex(1), span.Hex(4), span.Integer(6), Telemetry.Attributes.Of(span, 9), service);
}

/// <summary>Names and values, the values as text.</summary>
internal static class Attributes
{
    public static IReadOnlyDictionary<string, string> Of(ProtobufMessage message, int number) =>
        message.Messages(number).ToDictionary(attribute => attribute.Text(1), attribute => ValueOf(attribute.Messages(2).Single()));

    public static string Line(ProtobufMessage message, int number) =>
        string.Join(',', Of(message, number).Select(attribute => $"{attribute.Key}={attribute.Value}").Order(StringComparer.Ordinal));

    private static string ValueOf(ProtobufMessage value) =>
        value.Has(1) ? value.Text(1) : value.Has(3) ? $"{(long)value.Integer(3)}" : value.Has(4) ? $"{value.Double(4)}" : $"{value.Integer(2) == 1}";
}
