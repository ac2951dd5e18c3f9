using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Outputs;

namespace Rouse.Server.Features.Outputs;

/// <summary><c>GET /v1/deployments/{id}/outputs/{name}</c>: the same with a key, as long as it is kept.</summary>
internal static class ShowOutput
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deployments/{id}/outputs/{name}", HandleAsync).Needs(Scope.Read)
        .WithName("getOutput").WithSummary("Something a job of yours made")
        .WithDescription("`name` is the SHA-256 in the job's answer, and the ending that its `url` has. Ranges are served. Where it lies in an object store, this redirects to it.")
        .WithMetadata(new RelaysAnswers()).Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status206PartialContent).Produces(StatusCodes.Status302Found)
        .Produces(StatusCodes.Status304NotModified).Refuses(OutputErrors.NotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string id, string name, OutputShelf shelf) =>
        DeploymentId.TryParse(id, out var deployment) && await shelf.FindAsync(deployment, name, context.RequestAborted) is { } output && output.Tenant == CallerFilter.TenantOf(context)
            ? OutputFile.Answer(context, shelf, output)
            : OutputErrors.NothingHere();
}
