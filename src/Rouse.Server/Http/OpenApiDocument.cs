using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Rouse.Server.Features.Operations;

namespace Rouse.Server.Http;

/// <summary>The document at <c>/openapi.json</c>, generated from the routes. docs/api/openapi.json is its committed copy, diffed by a test.</summary>
internal static class OpenApiDocumentServices
{
    public static void AddRouseOpenApi(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info.Title = "Rouse";
            document.Info.Version = Liveness.Version;
            document.Info.Description = "Deploy models, wake them when a request needs them, put them back to sleep.";
            // Which address it was asked at is no part of the contract.
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key of this server." },
                ["runpodKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Runpod-Api-Key", Description = "The same key in the seed's header." },
            };
            return Task.CompletedTask;
        });
    });
}
