using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rouse.Contracts;
using Rouse.Server.Auth;

namespace Rouse.Server.Http;

/// <summary>
/// Completes what each operation may answer: the codes under their statuses, as <c>x-codes</c> for programs and in words for people. An answer that
/// is not in the document is a fault, and tests/Rouse.Fuzz looks for them.
/// </summary>
internal static class OpenApiAnswers
{
    public const string ProblemType = "application/problem+json";

    /// <summary>What a credential may meet besides being good or not: it is checked with its provider, and its tenant may be disabled.</summary>
    private static readonly ErrorCode[] s_ofCallers = [ErrorCode.TenantDisabled, ErrorCode.TooManyKeyChecks, ErrorCode.CredentialUnchecked];

    public static void Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        List<ErrorCode> codes = [.. metadata.OfType<RefusedCodes>().SelectMany(refused => refused.Codes), ErrorCode.BadRequest, ErrorCode.BadFraming];
        if (operation.RequestBody is not null) codes.AddRange([ErrorCode.InvalidJson, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.RequestTimeout]);
        if (metadata.OfType<NeededScope>().Any()) codes.AddRange([ErrorCode.HostNotAllowed, ErrorCode.Unauthorized, ErrorCode.Forbidden, ErrorCode.RateLimitExceeded, .. s_ofCallers]);
        // Whatever refuses something looked at the store; plain liveness does not.
        if (metadata.OfType<NeededScope>().Any() || metadata.OfType<RefusedCodes>().Any()) codes.AddRange([ErrorCode.StorageUnavailable, ErrorCode.StorageFull]);
        operation.Responses ??= [];
        if (metadata.OfType<RelaysAnswers>().Any() && operation.Responses.TryGetValue("200", out var found) && found is OpenApiResponse relayed)
        {
            relayed.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["*/*"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } } };
        }

        foreach (var status in codes.Distinct().GroupBy(code => code.Status)) Describe(operation.Responses, status.Key, [.. status.OrderBy(code => code.Code, StringComparer.Ordinal)], context);
    }

    private static void Describe(OpenApiResponses responses, int status, IReadOnlyList<ErrorCode> codes, OpenApiOperationTransformerContext context)
    {
        var key = status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!responses.TryGetValue(key, out var found) || found is not OpenApiResponse response)
        {
            var media = new OpenApiMediaType { Schema = new OpenApiSchemaReference(nameof(Problem), context.Document) };
            responses[key] = response = new OpenApiResponse { Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [ProblemType] = media } };
        }

        // Clients of another program's interface get its shape of errors.
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<ErrorShapeOf>().FirstOrDefault() is { } of)
        {
            response.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() { Schema = ErrorShapes.Schema(of.Shape) } };
        }

        response.Description = string.Join("; ", codes.Select(code => $"`{code.Code}`: {code.Title}"));
        response.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
        response.Extensions["x-codes"] = new JsonNodeExtension(new JsonArray([.. codes.Select(code => (JsonNode)code.Code)]));
    }
}

/// <summary>On a route whose 200 is a service's own answer, of whatever type.</summary>
internal sealed class RelaysAnswers;
