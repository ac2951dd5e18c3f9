using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Secrets;

namespace Rouse.Server.Features.Operations;

/// <summary><c>POST /v1/secrets/rotate</c>: one step of sealing everything anew; asked for again until it says that it is over.</summary>
internal static class RotateSecrets
{
    /// <summary>Secrets of one step: seconds at most, so that a caller sees it going on.</summary>
    public const int RowsPerStep = 1000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/secrets/rotate", HandleAsync)
        .WithName("rotateSecrets").WithSummary("Seal all secrets with a new key").WithTags("operations")
        .WithDescription(
            $"Makes a key, seals up to {RowsPerStep} secrets anew with it, and tells how far it is: call again until `over` is true. Interrupted, it goes on where it was. "
            + "Keys sealed with the master key before (`ROUSE_MASTER_KEY_OLD`) are put under the present one.")
        .Needs(Scope.Admin).Produces<RotationReply>().Refuses(ErrorCode.Unauthorized);

    private static async Task<IResult> HandleAsync(HttpContext context, Rotation rotation)
    {
        var step = await rotation.StepAsync(RowsPerStep, context.RequestAborted);
        return Results.Json(new RotationReply(step.IsOver, step.Key, step.Done, step.Unreadable, step.Resealed, step.Removed), RouseJson.Default.RotationReply);
    }
}
