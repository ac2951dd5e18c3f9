using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Rouse.Server.Http;

/// <summary>
/// What a parameter may be, for the document. Handlers take parameters as text and check them themselves, because the framework's own conversion
/// answers a wrong one without a code; so the document has to be told.
/// </summary>
internal sealed record ParameterRule(string Name, ParameterLocation In, Func<OpenApiSchema> Schema, string? Description);

internal static class ParameterRules
{
    /// <summary>Ids of deployments, wherever a path names one.</summary>
    private const string DeploymentId = "^dep_[0-9a-hjkmnp-tv-z]{26}$";

    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder route, string name, Func<OpenApiSchema> schema, string? description = null) =>
        route.WithMetadata(new ParameterRule(name, ParameterLocation.Query, schema, description));

    public static RouteHandlerBuilder WithHeader(this RouteHandlerBuilder route, string name, Func<OpenApiSchema> schema, string? description = null) =>
        route.WithMetadata(new ParameterRule(name, ParameterLocation.Header, schema, description));

    public static Func<OpenApiSchema> Whole(long least, long most, long? otherwise = null) => () => new OpenApiSchema
    {
        Type = JsonSchemaType.Integer,
        Minimum = least.ToString(CultureInfo.InvariantCulture),
        Maximum = most.ToString(CultureInfo.InvariantCulture),
        Default = otherwise is { } value ? JsonValue.Create(value) : null,
    };

    public static Func<OpenApiSchema> Text(int least, int most, string? pattern = null) =>
        () => new OpenApiSchema { Type = JsonSchemaType.String, MinLength = least, MaxLength = most, Pattern = pattern };

    /// <summary>RFC 3339.</summary>
    public static Func<OpenApiSchema> Moment { get; } = static () => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };

    public static Func<OpenApiSchema> OneOf(IEnumerable<string> words) =>
        () => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))] };

    public static void Apply(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        foreach (var rule in context.Description.ActionDescriptor.EndpointMetadata.OfType<ParameterRule>())
        {
            operation.Parameters ??= [];
            if (operation.Parameters.OfType<OpenApiParameter>().FirstOrDefault(known => known.Name == rule.Name && known.In == rule.In) is not { } parameter)
            {
                operation.Parameters.Add(parameter = new OpenApiParameter { Name = rule.Name, In = rule.In, Required = rule.In == ParameterLocation.Path });
            }

            (parameter.Schema, parameter.Description) = (rule.Schema(), rule.Description ?? parameter.Description);
        }

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(known => known.In == ParameterLocation.Path) ?? [])
        {
            var isDeployment = (parameter.Name == "deployment" && !context.Description.RelativePath!.StartsWith("d/", StringComparison.Ordinal)) || (parameter.Name == "id" && context.Description.RelativePath!.Contains("deployments/{id}", StringComparison.Ordinal));
            if (isDeployment) parameter.Schema = Text(30, 30, DeploymentId)();
        }
    }
}
