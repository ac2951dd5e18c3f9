using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Doors;

/// <summary>The interfaces of other programs over deployments: by paths of their own, and under each deployment's.</summary>
internal sealed class DoorRoutes(GenerateImages images, ShowModels models, TextToImage diffusion, ShowCheckpoints checkpoints)
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var callers = app.MapGroup("").WithTags("doors").AddEndpointFilter<CallerFilter>();
        GenerateImages.Map(callers);
        ShowModels.Map(callers);
        TextToImage.Map(callers);
        ShowCheckpoints.Map(callers);
    }

    /// <summary>For what comes under a deployment's own path, which names it whatever the body says.</summary>
    /// <param name="deployment">Not yet known to be the caller's.</param>
    /// <param name="path">Behind the deployment, without its slash.</param>
    /// <returns>False when the path is none of a door's; then nothing was answered.</returns>
    public async Task<bool> TryHandleAsync(HttpContext context, DeploymentId deployment, string path)
    {
        var answer = (context.Request.Method, path.Trim('/').ToLowerInvariant()) switch
        {
            ("POST", "openai/v1/images/generations") => images.HandleAsync(context, deployment),
            ("GET", "openai/v1/models") => models.ListAsync(context, deployment),
            ("POST", "sdapi/v1/txt2img") => diffusion.HandleAsync(context, deployment),
            ("GET", "sdapi/v1/sd-models") => checkpoints.ListAsync(context, deployment),
            _ => null,
        };
        if (answer is null) return false;
        await (await answer).ExecuteAsync(context);
        return true;
    }
}
