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

/// <summary><c>GET /sdapi/v1/sd-models</c>: the tenant's deployments that have not ended, as checkpoints.</summary>
internal sealed class ShowCheckpoints(DoorDeployments deployments)
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/sdapi/v1/sd-models", static (HttpContext context, ShowCheckpoints door) => door.ListAsync(context)).Needs(Scope.Read)
        .WithName("listCheckpoints").WithSummary("Automatic1111's list of checkpoints: your deployments").Produces<IReadOnlyList<DiffusionModel>>().WithErrors(ErrorShape.Diffusion)
        .Refuses(ErrorCode.Unauthorized);

    public async Task<IResult> ListAsync(HttpContext context, DeploymentId? only = null)
    {
        var live = await deployments.ListAsync(CallerFilter.TenantOf(context), context.RequestAborted);
        IReadOnlyList<DiffusionModel> shown = [.. live.Where(one => only is null || one.Id == only).Select(one => Checkpoint(DoorDeployments.WordOf(one, live), DeploymentViews.ModelId(one)))];
        return Results.Json(shown, JobJson.Default.IReadOnlyListDiffusionModel);
    }

    private static DiffusionModel Checkpoint(string word, string model) => new(word, word, Hash: null, Sha256: null, Filename: model, Config: null);
}
