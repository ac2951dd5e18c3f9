using System.Globalization;
using System.Text;
using System.Text.Json;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Wire;

namespace Rouse.Fuzz.Checks;

/// <summary>Status, media type and body of an answer, as the document has them.</summary>
internal sealed class AnswerShape(ApiDocument document)
{
    private const string ProblemType = "application/problem+json";

    public Fault? Check(ApiOperation operation, Reply reply)
    {
        var status = reply.Status.ToString(CultureInfo.InvariantCulture);
        if (!operation.Responses.TryGetProperty(status, out var response)) return new Fault($"undocumented {status}", $"{operation} answered {reply}");
        response = document.Schema.Resolve(response);
        if (!response.TryGetProperty("content", out var content) || !content.EnumerateObject().Any())
        {
            return reply.Body.Length == 0 ? null : new Fault($"body {status}", $"no body is documented: {reply}");
        }

        // The words of the service behind, whatever they are.
        if (reply.Status < 400 && content.TryGetProperty("*/*", out _)) return null;
        if (reply.MediaType is not { } type || !content.TryGetProperty(type, out var media)) return new Fault($"media type {status}", $"'{reply.MediaType}' is not documented: {reply}");
        if (type == "text/event-stream") return CheckEvents(reply);
        if (!type.EndsWith("json", StringComparison.Ordinal)) return null;
        if (!TryParse(reply, out var body)) return new Fault($"no JSON {status}", reply.ToString());
        if (media.TryGetProperty("schema", out var schema))
        {
            var faults = document.Schema.Check(schema, body);
            if (faults.Count > 0) return new Fault($"schema {status}: {Unnumbered(faults[0])}", $"{string.Join("; ", faults.Take(5))}: {reply}");
            if (Surprise(schema, body) is { } surprise) return new Fault($"undocumented member {surprise}", reply.ToString());
        }

        return type == ProblemType ? CheckProblem(reply, response) : null;
    }

    /// <summary>What holds for an error of any path, in the document or not.</summary>
    public Fault? CheckProblem(Reply reply, JsonElement response = default)
    {
        if (reply.Status < 400) return null;
        if (IsInAnothersWords(reply)) return null;
        if (reply.MediaType != ProblemType || !TryParse(reply, out var problem)) return new Fault($"no problem {reply.Status}", reply.ToString());
        var faults = document.Schema.Check(document.Root.GetProperty("components").GetProperty("schemas").GetProperty("Problem"), problem);
        if (faults.Count > 0) return new Fault("problem: " + faults[0], reply.ToString());
        var code = problem.GetProperty("code").GetString()!;
        if (!ProblemCodes.All.TryGetValue(code, out var status)) return new Fault("unknown code " + code, reply.ToString());
        if (status != reply.Status || problem.GetProperty("status").GetInt32() != status) return new Fault($"{code} with {reply.Status}", reply.ToString());
        if (problem.GetProperty("error").GetString() != code) return new Fault("error is not the code", reply.ToString());
        if (reply.Status is 429 or 503 && reply.Header("Retry-After") is null) return new Fault($"no Retry-After with {code}", reply.ToString());
        if (reply.Status == 401 && reply.Header("WWW-Authenticate") is null) return new Fault("401 without WWW-Authenticate", reply.ToString());
        return response.ValueKind == JsonValueKind.Object && response.TryGetProperty("x-codes", out var codes) && !codes.EnumerateArray().Any(one => one.GetString() == code)
            ? new Fault($"undocumented code {code}", $"{reply.Status} is documented with {codes}: {reply}")
            : null;
    }

    /// <summary>An error of OpenAI's or Automatic1111's, which has the code in it and in no place of ours.</summary>
    public static bool IsInAnothersWords(Reply reply) =>
        reply.MediaType == "application/json" && TryParse(reply, out var body) && body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out var error)
        && (error.ValueKind == JsonValueKind.Object ? error.TryGetProperty("message", out _) : body.TryGetProperty("errors", out _));

    private static Fault? CheckEvents(Reply reply)
    {
        foreach (var line in reply.Text.Split('\n')[..^1])
        {
            if (line.Length > 0 && line[0] != ':' && !line.StartsWith("id: ", StringComparison.Ordinal) && !line.StartsWith("event: ", StringComparison.Ordinal)
                && !line.StartsWith("data: ", StringComparison.Ordinal) && !line.StartsWith("retry: ", StringComparison.Ordinal))
            {
                return new Fault("event stream", $"'{line}' is no line of one");
            }
        }

        return null;
    }

    /// <summary>A member of an answer that the document does not have: what is not documented is found out by clients all the same.</summary>
    private string? Surprise(JsonElement schema, JsonElement value)
    {
        schema = document.Schema.Resolve(schema);
        if (schema.ValueKind != JsonValueKind.Object) return null;
        if (schema.TryGetProperty("oneOf", out var branches)) schema = branches.EnumerateArray().Select(document.Schema.Resolve).FirstOrDefault(branch => document.Schema.Check(branch, value).Count == 0);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var of)) return value.EnumerateArray().Select(item => Surprise(of, item)).FirstOrDefault(found => found is not null);
        if (value.ValueKind != JsonValueKind.Object || schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties)) return null;
        var isOpen = schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind != JsonValueKind.False;
        foreach (var member in value.EnumerateObject())
        {
            if (!properties.TryGetProperty(member.Name, out var known))
            {
                if (!isOpen) return member.Name;
            }
            else if (Surprise(known, member.Value) is { } inner)
            {
                return $"{member.Name}.{inner}";
            }
        }

        return null;
    }

    private static bool TryParse(Reply reply, out JsonElement body)
    {
        body = default;
        try
        {
            // Strict: what is no UTF-8 is no JSON. (RFC 8259 §8.1)
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(reply.Body);
            using var parsed = JsonDocument.Parse(reply.Body, new JsonDocumentOptions { MaxDepth = 1000 });
            body = parsed.RootElement.Clone();
            return true;
        }
        catch (Exception error) when (error is JsonException or DecoderFallbackException)
        {
            return false;
        }
    }

    private static string Unnumbered(string fault) => new([.. fault.Where(letter => !char.IsAsciiDigit(letter)).Take(80)]);
}
