using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;
using Rouse.Contracts;

namespace Rouse.Server.Http;

/// <summary>In whose words an error is told: clients of other programs' interfaces read those programs' shapes, and no other.</summary>
internal enum ErrorShape
{
    Problem,

    /// <summary>OpenAI's: <c>{"error":{"message","type","param","code"}}</c>.</summary>
    OpenAi,

    /// <summary>Automatic1111's: <c>{"error","detail","body","errors"}</c>.</summary>
    Diffusion,
}

/// <summary>Puts a problem into the words that its path stands for. Statuses and headers stay as they are.</summary>
internal static class ErrorShapes
{
    /// <summary>The member of a problem's details that names the member of the body that it is about.</summary>
    public const string Member = "param";

    /// <summary>Which shape a path's errors have, whoever refuses: the guard at the edge knows no route yet.</summary>
    public static ErrorShape Of(PathString path)
    {
        var rest = path.Value.AsSpan();
        if (rest.StartsWith("/d/", StringComparison.OrdinalIgnoreCase))
        {
            var end = rest[3..].IndexOf('/');
            if (end < 0) return ErrorShape.Problem;
            rest = rest[(3 + end)..];
        }

        return rest.StartsWith("/openai/", StringComparison.OrdinalIgnoreCase) ? ErrorShape.OpenAi
            : rest.StartsWith("/sdapi/", StringComparison.OrdinalIgnoreCase) ? ErrorShape.Diffusion
            : ErrorShape.Problem;
    }

    public static byte[] Write(Problem problem, ErrorShape shape)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (shape == ErrorShape.OpenAi) WriteOpenAi(json, problem);
            else WriteDiffusion(json, problem);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>For the document.</summary>
    public static OpenApiSchema Schema(ErrorShape shape)
    {
        static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
        static OpenApiSchema TextOrNull() => new() { Type = JsonSchemaType.String | JsonSchemaType.Null };
        static OpenApiSchema Object(params (string Name, IOpenApiSchema Schema)[] members) => new()
        {
            Type = JsonSchemaType.Object,
            Required = new HashSet<string>(members.Select(member => member.Name), StringComparer.Ordinal),
            Properties = members.ToDictionary(member => member.Name, member => member.Schema, StringComparer.Ordinal),
        };
        return shape == ErrorShape.OpenAi
            ? Object(("error", Object(("message", Text()), ("type", Text()), ("param", TextOrNull()), ("code", TextOrNull()))))
            : Object(("error", Text()), ("detail", Text()), ("body", Text()), ("errors", Text()));
    }

    /// <summary>On a route: the shape of its errors, for the document.</summary>
    public static TBuilder WithErrors<TBuilder>(this TBuilder route, ErrorShape shape)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new ErrorShapeOf(shape));

    private static void WriteOpenAi(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject("error");
        json.WriteString("message", problem.Detail);
        json.WriteString("type", problem.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param", problem.Details.TryGetValue(Member, out var member) ? member.GetString() : null);
        // Its own word, where its clients look for one.
        json.WriteString("code", problem.Code == ErrorCode.Unauthorized.Code ? "invalid_api_key" : problem.Code.ToLowerInvariant());
        json.WriteEndObject();
    }

    private static void WriteDiffusion(Utf8JsonWriter json, Problem problem)
    {
        json.WriteString("error", problem.Code);
        json.WriteString("detail", problem.Detail);
        json.WriteString("body", "");
        json.WriteString("errors", problem.Detail);
    }
}

/// <summary>On a route: <see cref="ErrorShapes.WithErrors{TBuilder}"/>.</summary>
internal sealed record ErrorShapeOf(ErrorShape Shape);
