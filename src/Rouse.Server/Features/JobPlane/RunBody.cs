using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>
/// The body of <c>run</c> and <c>runsync</c>. Read token by token instead of into objects, so that the input reaches the worker as the very bytes
/// that came, and is copied once. Unknown members are passed over, as Runpod passes them over.
/// </summary>
internal sealed record RunBody(byte[] Input, byte[]? S3Config, string? Webhook, JobTerms Terms)
{
    private const int MaxWebhookLength = RunRequest.MaxWebhookLength;

    /// <summary>Null, and the answer to give, when the body is not acceptable.</summary>
    public static RunBody? TryParse(byte[] body, int maxDepth, out IResult? refusal)
    {
        try
        {
            return Utf8.IsValid(body) ? Parse(body, maxDepth, out refusal) : Refuse(ErrorCode.InvalidJson, "The body is not UTF-8.", out refusal);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair, which JSON's grammar lets by and no text can hold.
            return Refuse(ErrorCode.InvalidJson, $"The body is not JSON, or nested deeper than {maxDepth}.", out refusal);
        }
    }

    private static RunBody? Parse(byte[] body, int maxDepth, out IResult? refusal)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        JsonSlice? input = null, s3 = null, webhook = null, policy = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return Refuse(JobErrors.InvalidInput, "Send an object with the member input.", out refusal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input"u8)) input = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("webhook"u8)) webhook = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("policy"u8)) policy = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("s3Config"u8)) s3 = JsonSlice.Next(ref reader);
            else reader.Skip();
        }

        // Anything after the object is an error too.
        reader.Read();
        if (input is not { Kind: JsonTokenType.StartObject, IsEmpty: false } given)
        {
            return Refuse(JobErrors.InvalidInput, "input must be an object with at least one member.", out refusal);
        }

        if (s3 is { Kind: not (JsonTokenType.StartObject or JsonTokenType.Null) }) return Refuse(ErrorCode.InvalidParameter, "s3Config must be an object.", out refusal);
        if (!TryWebhook(body, webhook, out var url))
        {
            return Refuse(JobErrors.InvalidWebhook, $"webhook must be an http or https URL of at most {MaxWebhookLength} characters, without a password in it.", out refusal);
        }

        if (ParseTerms(body, policy, out var wrong) is not { } terms) return Refuse(JobErrors.InvalidPolicy, wrong!, out refusal);
        refusal = null;
        return new RunBody(given.Copy(body), s3 is { Kind: JsonTokenType.StartObject } config ? config.Copy(body) : null, url, terms);
    }

    private static bool TryWebhook(byte[] body, JsonSlice? slice, out string? url)
    {
        url = null;
        if (slice is not { Kind: not JsonTokenType.Null } given) return true;
        if (given.Kind != JsonTokenType.String || JsonSerializer.Deserialize<string>(given.Span(body)) is not { } text) return false;
        if (text.Length == 0) return true;
        url = text;
        return text.Length <= MaxWebhookLength && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;
    }

    private static JobTerms? ParseTerms(byte[] body, JsonSlice? slice, out string? wrong)
    {
        wrong = null;
        if (slice is not { Kind: not JsonTokenType.Null } given) return JobTerms.Default;
        wrong = "policy must be an object of executionTimeout (ms), ttl (ms) and lowPriority (true or false).";
        if (given.Kind != JsonTokenType.StartObject) return null;
        using var policy = JsonDocument.Parse(given.Memory(body));
        return TryMilliseconds(policy.RootElement, "executionTimeout", out var execution)
            && TryMilliseconds(policy.RootElement, "ttl", out var ttl)
            && TryFlag(policy.RootElement, "lowPriority", out var low)
            ? JobTerms.TryCreate(execution, ttl, low, out wrong)
            : null;
    }

    private static bool TryMilliseconds(JsonElement policy, string name, out long? value)
    {
        value = null;
        if (!policy.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null) return true;
        if (member.ValueKind != JsonValueKind.Number || !member.TryGetInt64(out var number)) return false;
        value = number;
        return true;
    }

    private static bool TryFlag(JsonElement policy, string name, out bool value)
    {
        value = policy.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.True;
        return member.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null or JsonValueKind.Undefined;
    }

    private static RunBody? Refuse(ErrorCode code, string detail, out IResult refusal)
    {
        refusal = Problems.Result(code, detail);
        return null;
    }
}
