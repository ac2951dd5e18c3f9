using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Doors;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary><c>GET /openai/v1/models</c> and <c>/openai/v1/models/{model}</c>: the tenant's deployments that have not ended.</summary>
internal sealed class ShowModels(DoorDeployments deployments)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/openai/v1/models", static (HttpContext context, ShowModels door) => door.ListAsync(context)).Needs(Scope.Read)
            .WithName("listModels").WithSummary("OpenAI's list of models: your deployments").Produces<ModelList>().WithErrors(ErrorShape.OpenAi).Refuses(ErrorCode.Unauthorized);
        // A model's id has a slash in it.
        routes.MapGet("/openai/v1/models/{**model}", static (HttpContext context, string model, ShowModels door) => door.GetAsync(context, model)).Needs(Scope.Read)
            .WithName("getModel").WithSummary("One deployment, by its id, its name, or the model it serves").Produces<ModelEntry>().WithErrors(ErrorShape.OpenAi)
            .Refuses(DoorErrors.OfModels);
    }

    public async Task<IResult> ListAsync(HttpContext context, DeploymentId? only = null)
    {
        var tenant = CallerFilter.TenantOf(context);
        var live = await deployments.ListAsync(tenant, context.RequestAborted);
        return Results.Json(new ModelList("list", [.. live.Where(one => only is null || one.Id == only).Select(one => Entry(one, live))]), JobJson.Default.ModelList);
    }

    private async Task<IResult> GetAsync(HttpContext context, string model)
    {
        var tenant = CallerFilter.TenantOf(context);
        var (found, refusal) = await deployments.FindAsync(tenant, model, "model", context.RequestAborted);
        return found is null ? refusal! : Results.Json(Entry(found, await deployments.ListAsync(tenant, context.RequestAborted)), JobJson.Default.ModelEntry);
    }

    private static ModelEntry Entry(DeploymentState one, IReadOnlyList<DeploymentState> live) => new()
    {
        Id = DoorDeployments.WordOf(one, live),
        Object = "model",
        Created = one.CreatedAt.ToUnixTimeSeconds(),
        OwnedBy = one.Tenant.Value,
        Root = DeploymentViews.ModelId(one),
        DeploymentId = one.Id.Value,
        Status = one.Phase.Word(),
    };
}
