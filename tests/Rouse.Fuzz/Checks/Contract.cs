using System.Text;
using System.Text.Json;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Checks;

/// <summary>What the document says about a request, judged from the request alone.</summary>
internal sealed class Contract(ApiDocument document)
{
    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = 5000 };

    /// <summary>Why the document forbids this request for certain; null when it does not, or when servers may differ.</summary>
    /// <param name="resolve">Puts ids in the place of <c>{{…}}</c>.</param>
    public string? WhyForbidden(ApiOperation operation, FuzzCase one, Func<string, string> resolve) =>
        BodyFault(operation, one, resolve) ?? operation.Parameters.Select(parameter => ParameterFault(parameter, one)).FirstOrDefault(fault => fault is not null);

    private string? BodyFault(ApiOperation operation, FuzzCase one, Func<string, string> resolve)
    {
        if (operation.Body is not { } schema) return null;
        if (!one.HasBody || one.Bytes is { Length: 0 }) return operation.IsBodyRequired ? "there is no body" : null;
        if (!IsJson(one)) return "the body is not said to be JSON";
        try
        {
            using var body = JsonDocument.Parse(one.Bytes is { } bytes ? bytes.ToArray() : Encoding.UTF8.GetBytes(resolve(one.Json!.ToString())), s_deep);
            return document.Schema.Check(schema, body.RootElement) is [var fault, ..] ? "the body does not fit its schema: " + fault : null;
        }
        catch (JsonException)
        {
            return "the body is not JSON";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: JSON by its grammar, text by nobody's.
            return null;
        }
    }

    private string? ParameterFault(ApiParameter parameter, FuzzCase one)
    {
        if (parameter.In != "query") return null;
        // The header goes before the parameter of the same meaning, which then is not looked at.
        if (parameter.Name == "last_event_id" && one.Headers.Any(header => header.Name == "Last-Event-ID" && header.Value.Length > 0)) return null;
        var given = one.Query.Where(entry => Escaping.TryUnescape(entry.Name) is { } name && name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)).ToList();
        if (given.Count == 0) return parameter.IsRequired ? $"{parameter.Name} is missing" : null;
        if (given is not [(var exact, { } raw)] || exact != parameter.Name || Escaping.TryUnescape(raw) is not { } text || one.Query.Any(entry => entry.Name.Contains('&', StringComparison.Ordinal))) return null;
        var types = ValueMaker.Types(parameter.Schema).ToList();
        var isNumber = types.Contains("integer") || types.Contains("number");
        if (isNumber && text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9') && text.Length < 16 && (text[0] != '0' || text.Length == 1))
        {
            return document.Schema.Check(parameter.Schema, JsonElement.Parse(text)) is [var wrong, ..] ? $"{parameter.Name}: {wrong}" : null;
        }

        if (isNumber) return text.Any(char.IsAsciiLetter) ? $"{parameter.Name}: no number" : null;
        return document.Schema.Check(parameter.Schema, JsonSerializer.SerializeToElement(text)) is [var fault, ..] ? $"{parameter.Name}: {fault}" : null;
    }

    private static bool IsJson(FuzzCase one)
    {
        var types = one.Headers.Where(header => header.Name == "Content-Type").ToList();
        if (types.Count != 1) return false;
        var parts = types[0].Value.Split(';');
        var type = parts[0].Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}
