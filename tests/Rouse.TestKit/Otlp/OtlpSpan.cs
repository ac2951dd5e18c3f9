namespace Rouse.TestKit.Otlp;

/// <param name="Service">Its resource's attributes, <c>name=value</c> with blanks between them.</param>
/// <param name="Tags">Names of its attributes.</param>
public sealed record OtlpSpan(string Trace, string Id, string Parent, string Name, string Service, IReadOnlyList<string> Tags)
{
    // ExportTraceServiceRequest.resource_spans(1).{resource(1), scope_spans(2).spans(2)} of opentelemetry/proto/trace/v1.
    internal static IEnumerable<OtlpSpan> Parse(byte[] body) =>
        from resourceSpans in Wire.Fields(body, 1)
        let service = string.Join(' ', Wire.Attributes(Wire.Fields(resourceSpans, 1).Single(), 1).Select(static pair => $"{pair.Key}={pair.Value}"))
        from scopeSpans in Wire.Fields(resourceSpans, 2)
        from span in Wire.Fields(scopeSpans, 2)
        select new OtlpSpan(
            Hex(span, 1), Hex(span, 2), Hex(span, 4), Wire.Text(span, 5), service, [.. Wire.Fields(span, 9).Select(static attribute => Wire.Text(attribute, 1))]);

    private static string Hex(byte[] span, int number) => Convert.ToHexStringLower(Wire.Fields(span, number).FirstOrDefault([]));
}
