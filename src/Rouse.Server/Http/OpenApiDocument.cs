using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Rouse.Server.Auth;
using Rouse.Server.Features.Operations;

namespace Rouse.Server.Http;

/// <summary>The document at <c>/openapi.json</c>, generated from the routes. docs/api/openapi.json is its committed copy, diffed by a test.</summary>
internal static class OpenApiDocumentServices
{
    public static void AddRouseOpenApi(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer(static (document, context, _) =>
        {
            document.Info.Title = "Rouse";
            document.Info.Version = Liveness.Version;
            document.Info.Description = "Deploy models, wake them when a request needs them, put them back to sleep.";
            // Which address it was asked at is no part of the contract.
            document.Servers?.Clear();
            // But the path under which a proxy serves it is: the operations' paths begin after it.
            var prefix = context.ApplicationServices.GetRequiredService<OwnAddress>().Prefix;
            if (prefix.Length > 0) document.Servers = [new OpenApiServer { Url = prefix }];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key of this server." },
                ["runpodKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-Runpod-Api-Key", Description = "The same key in the seed's header." },
            };
            OpenApiSchemas.CloseBodies(document);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer(OpenApiSchemas.CompleteAsync);
        options.AddOperationTransformer(static (operation, context, _) =>
        {
            SayWhoMayCall(operation, context);
            OpenApiAnswers.Complete(operation, context);
            ParameterRules.Apply(operation, context);
            SortAnswers(operation);
            return Task.CompletedTask;
        });
    });

    /// <summary>Either credential, with the route's scope; nothing where none is asked for.</summary>
    private static void SayWhoMayCall(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<NeededScope>().LastOrDefault() is not { } needed) return;
        operation.Security =
        [
            .. new[] { "bearer", "runpodKey" }.Select(scheme =>
                new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [Scopes.Word(needed.Scope)] }),
        ];
    }

    /// <summary>By status, whichever order the route named them in.</summary>
    private static void SortAnswers(OpenApiOperation operation)
    {
        if (operation.Responses is not { } answers) return;
        var sorted = new OpenApiResponses();
        foreach (var (status, answer) in answers.OrderBy(answer => answer.Key, StringComparer.Ordinal)) sorted[status] = answer;
        operation.Responses = sorted;
    }
}
