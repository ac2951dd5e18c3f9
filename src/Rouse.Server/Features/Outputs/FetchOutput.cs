using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Outputs;

namespace Rouse.Server.Features.Outputs;

/// <summary><c>GET /v1/outputs/{deployment}/{name}</c>: something a job made, to whoever has its address out of the job's answer.</summary>
internal static class FetchOutput
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/outputs/{deployment}/{name}", HandleAsync)
        .IsOpen("The address itself is signed, for this one thing and for a day: it stands in an answer that only its owner can read.")
        .WithName("fetchOutput").WithSummary("Something a job made, by the address in its answer").WithDescription("Ranges are served. Once the address has run out, use `GET /v1/deployments/{id}/outputs/{name}` with your key.")
        .WithQuery("expires", ParameterRules.Text(1, 19), "Of the address: Unix seconds.").WithQuery("signature", ParameterRules.Text(1, 64), "Of the address.")
        .WithMetadata(new RelaysAnswers()).Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status206PartialContent).Produces(StatusCodes.Status302Found)
        .Produces(StatusCodes.Status304NotModified).Refuses(OutputErrors.NotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, string name, string? expires, string? signature, OutputShelf shelf)
    {
        if (!DeploymentId.TryParse(deployment, out var id) || !TryNumber(expires, out var until) || !shelf.IsSigned(id, name, until, signature)) return OutputErrors.NothingHere();
        return await shelf.FindAsync(id, name, context.RequestAborted) is { } output ? OutputFile.Answer(context, shelf, output) : OutputErrors.NothingHere();
    }

    public static bool TryNumber(string? text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
