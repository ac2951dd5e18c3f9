using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rouse.Contracts;

namespace Rouse.Server.Http;

/// <summary>Makes the schemas say what the parsers do, where the generator alone says less or more.</summary>
internal static class OpenApiSchemas
{
    public static Task CompleteAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        if (context.JsonPropertyInfo is { } member) Bound(schema, member);
        if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object) CompleteMembers(schema, context.JsonTypeInfo);
        return Task.CompletedTask;
    }

    /// <summary>Members that this server does not know are refused in bodies it reads; in answers, clients should pass over what they do not know.</summary>
    public static void CloseBodies(OpenApiDocument document)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var operations = document.Paths.Values.SelectMany(path => path.Operations?.Values.AsEnumerable() ?? []);
        foreach (var body in operations.SelectMany(operation => operation.RequestBody?.Content?.Values.AsEnumerable() ?? [])) Reach(body.Schema, reached, document);
    }

    private static void CompleteMembers(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            // Nulls are left out of answers, so what may be null need not be there.
            var mayBeNull = member.IsGetNullable || Nullable.GetUnderlyingType(member.PropertyType) is not null;
            if (mayBeNull && !member.IsRequired && !Has<RequiredAttribute>(member)) schema.Required?.Remove(member.Name);
            if (schema.Properties is not { } properties) continue;
            // "Null or anything" as one of two would fit null twice.
            if (member.PropertyType == typeof(JsonElement?)) properties[member.Name] = new OpenApiSchema();
            if (Attribute<JsonObjectAttribute>(member) is not { } of) continue;
            var isOptional = Nullable.GetUnderlyingType(member.PropertyType) is not null;
            properties[member.Name] = new OpenApiSchema { Type = isOptional ? JsonSchemaType.Object | JsonSchemaType.Null : JsonSchemaType.Object, MinProperties = of.MinProperties };
        }
    }

    private static void Bound(OpenApiSchema schema, JsonPropertyInfo member)
    {
        if (Attribute<AllowedValuesAttribute>(member) is not { } allowed) return;
        schema.Enum = [.. allowed.Values.Select(value => (JsonNode)JsonValue.Create((string)value!))];
        if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Null)) schema.Enum.Add(JsonNullSentinel.JsonNull);
    }

    private static void Reach(IOpenApiSchema? schema, HashSet<string> reached, OpenApiDocument document)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (!reached.Add(id) || document.Components?.Schemas?.TryGetValue(id, out var found) is not true || found is not OpenApiSchema target) return;
            if (IsStrict(id) && target.AdditionalProperties is null) target.AdditionalPropertiesAllowed = false;
            Reach(target, reached, document);
            return;
        }

        foreach (var inner in (schema?.Properties?.Values.AsEnumerable() ?? []).Concat(schema?.OneOf ?? []).Append(schema?.Items)) if (inner is not null) Reach(inner, reached, document);
    }

    /// <summary>Whether it is read by <see cref="RouseJson"/>, which refuses unknown members; the job plane passes over them, as Runpod does.</summary>
    private static bool IsStrict(string name) =>
        typeof(RouseJson).Assembly.GetTypes().FirstOrDefault(type => type.Name == name) is { } type && RouseJson.Default.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object };

    private static bool Has<T>(JsonPropertyInfo member)
        where T : Attribute
        => Attribute<T>(member) is not null;

    private static T? Attribute<T>(JsonPropertyInfo member)
        where T : Attribute
        => member.AttributeProvider is MemberInfo info ? info.GetCustomAttribute<T>() : null;
}
