using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Outputs;
using Rouse.Store;
using Rouse.Store.Outputs;

namespace Rouse.Server.Features.Outputs;

/// <summary>
/// <c>PUT /internal/v1/deployments/{id}/attempts/{attempt}/outputs/{name}</c>: the bytes themselves, to an address that <see cref="OfferOutput"/> made for them. Streamed to the disk;
/// durable, and found to be those of the name, before 204.
/// </summary>
internal static class SendOutput
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/internal/v1/deployments/{id}/attempts/{attempt:int}/outputs/{name}", HandleAsync)
        .IsOpen("The address itself is signed, for these bytes and no others.").WithName("sendOutput").WithSummary("A worker sends what a job made").WithTags("worker")
        .WithQuery("size", ParameterRules.Text(1, 19), "Of the address.").WithQuery("expires", ParameterRules.Text(1, 19), "Of the address.").WithQuery("signature", ParameterRules.Text(1, 64), "Of the address.")
        .Accepts<byte[]>("*/*").Produces(StatusCodes.Status204NoContent)
        .Refuses(ErrorCode.NotFound, OutputErrors.NotFound, OutputErrors.Differs, ErrorCode.TooLarge, OutputErrors.Full);

    private static async Task<IResult> HandleAsync(HttpContext context, string id, int attempt, string name, string? size, string? expires, string? signature, DeploymentDirectory directory, OutputShelf shelf)
    {
        if (!DeploymentId.TryParse(id, out var deployment) || !OutputName.TryParse(name, out _, out _) || !FetchOutput.TryNumber(size, out var bytes) || !FetchOutput.TryNumber(expires, out var until))
            return OutputErrors.NothingHere();
        if (await directory.FindAsync(deployment, context.RequestAborted) is not { } located) return OutputErrors.NothingHere();
        var output = new JobOutput(located.Tenant, deployment, name, bytes, Place: "");
        if (!shelf.IsSigned(output, attempt, until, signature)) return OutputErrors.NothingHere();
        if (context.Request.ContentLength > bytes) return Problems.Result(ErrorCode.TooLarge, $"{bytes} bytes were announced.");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } most) most.MaxRequestBodySize = bytes;
        try
        {
            return await shelf.ReceiveAsync(output, context.Request.Body, context.RequestAborted) is { } refusal
                ? Problems.Result(refusal, "What came is not what was announced; ask again where to send it.")
                : Results.NoContent();
        }
        catch (StorageException full) when (full.Code == StorageCodes.Full)
        {
            return Problems.Result(OutputErrors.Full, "This server's disk is full.");
        }
    }
}
