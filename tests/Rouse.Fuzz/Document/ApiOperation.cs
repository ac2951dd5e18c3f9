using System.Text.Json;

namespace Rouse.Fuzz.Document;

/// <param name="Body">The schema of a JSON body; null when none is taken.</param>
/// <param name="Responses">By status.</param>
/// <param name="IsSecured">The document says that callers need a credential.</param>
internal sealed record ApiOperation(
    string Id, string Method, string Path, IReadOnlyList<ApiParameter> Parameters, JsonElement? Body, bool IsBodyRequired, JsonElement Responses, bool IsSecured)
{
    /// <summary>Answered to workers, who show the token of their attempt.</summary>
    public bool IsForWorkers => Path.Contains("{worker}", StringComparison.Ordinal) || Path.StartsWith("/internal/", StringComparison.Ordinal);

    public bool IsStream => Responses.TryGetProperty("200", out var ok) && ok.TryGetProperty("content", out var content) && content.TryGetProperty("text/event-stream", out _);

    public override string ToString() => $"{Method} {Path}";
}

/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
internal sealed record ApiParameter(string Name, string In, JsonElement Schema, bool IsRequired);
