namespace Rouse.TestKit.Otlp;

/// <summary>A point of a sum or a histogram, cumulative, as it was sent.</summary>
/// <param name="Count">A sum's value, or how many a histogram was told.</param>
/// <param name="Sum">Of what a histogram was told; 0 for a sum.</param>
public sealed record OtlpPoint(IReadOnlyDictionary<string, string> Resource, string Metric, string Unit, IReadOnlyDictionary<string, string> Tags, long Count, double Sum)
{
    // ExportMetricsServiceRequest.resource_metrics(1).{resource(1), scope_metrics(2).metrics(2)} of opentelemetry/proto/metrics/v1.
    internal static IEnumerable<OtlpPoint> Parse(byte[] body) =>
        from resourceMetrics in Wire.Fields(body, 1)
        let resource = Wire.Attributes(Wire.Fields(resourceMetrics, 1).Single(), 1)
        from scopeMetrics in Wire.Fields(resourceMetrics, 2)
        from metric in Wire.Fields(scopeMetrics, 2)
        from point in Sums(metric, resource).Concat(Histograms(metric, resource))
        select point;

    private static IEnumerable<OtlpPoint> Sums(byte[] metric, Dictionary<string, string> resource) =>
        from sum in Wire.Fields(metric, 7)
        from point in Wire.Fields(sum, 1)
        select new OtlpPoint(resource, Wire.Text(metric, 1), Wire.Text(metric, 3), Wire.Attributes(point, 7), BitConverter.ToInt64(Wire.Fields(point, 6).Single()), 0);

    private static IEnumerable<OtlpPoint> Histograms(byte[] metric, Dictionary<string, string> resource) =>
        from histogram in Wire.Fields(metric, 9)
        from point in Wire.Fields(histogram, 1)
        select new OtlpPoint(
            resource, Wire.Text(metric, 1), Wire.Text(metric, 3), Wire.Attributes(point, 9),
            BitConverter.ToInt64(Wire.Fields(point, 4).Single()), BitConverter.ToDouble(Wire.Fields(point, 5).Single()));
}
