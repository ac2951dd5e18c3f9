using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Doors;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary><c>POST /openai/v1/images/generations</c>.</summary>
internal sealed class GenerateImages(DoorDeployments deployments, DoorJobs jobs, KeptPictures kept, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/openai/v1/images/generations", static (HttpContext context, GenerateImages door) => door.HandleAsync(context, named: null)).Needs(Scope.Run)
        .WithName("generateImages").WithSummary("OpenAI's images API: makes pictures with the deployment that `model` names")
        .WithDescription("Held until the pictures are there, also while the deployment starts or wakes; a caller that leaves takes its job back.")
        .WithHeader("Prefer", ParameterRules.Text(0, 200), "`wait=N`: at most N seconds; 600 when left out.")
        .Accepts<ImagesRequest>("application/json").Produces<ImagesReply>().WithErrors(ErrorShape.OpenAi)
        .Refuses([ErrorCode.InvalidJson, DoorErrors.InvalidValue, DoorErrors.UnknownParameter, .. DoorErrors.OfModels, .. DoorErrors.OfJobs]);

    /// <param name="named">The deployment of the path; null where the body names it.</param>
    public async Task<IResult> HandleAsync(HttpContext context, DeploymentId? named)
    {
        const string member = "model";
        var (fields, refusal) = await DoorBody.ReadAsync(context, ErrorCode.InvalidJson);
        if (fields is null) return refusal!;
        var order = OpenAiOrder.Read(fields, kept.CanKeep, out var unknown);
        if (unknown is not null) return Problems.Result(DoorErrors.UnknownParameter, "The body has a member that there is not. GET /openapi.json lists what there is.");
        var word = fields.Text(member, 1, DoorBounds.MaxModel);
        if (order is null || fields.Fault is not null) return DoorErrors.Of(DoorErrors.InvalidValue, fields.Fault!.Value.Message, fields.Fault.Value.Member);
        var tenant = CallerFilter.TenantOf(context);
        DeploymentState? deployment;
        if (named is { } id) deployment = await deployments.GetAsync(tenant, id, context.RequestAborted);
        else (deployment, refusal) = await deployments.FindAsync(tenant, word, member, context.RequestAborted);
        if (deployment is null) return refusal ?? Problems.Result(ErrorCode.DeploymentNotFound, "You have no deployment of this id.");
        (var done, refusal) = await jobs.RunAsync(context, deployment, order, DoorErrors.InvalidValue);
        return done is null ? refusal! : new JobReply(Write(done, order.ByUrl));
    }

    private byte[] Write(IReadOnlyList<DoorPictures> done, bool byUrl)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("created", time.GetUtcNow().ToUnixTimeSeconds());
            json.WriteStartArray("data");
            foreach (var picture in done.SelectMany(one => one.All))
            {
                json.WriteStartObject();
                json.WritePropertyName(byUrl ? "url" : "b64_json");
                if (byUrl) json.WriteStringValue(picture.Url);
                else picture.WriteTo(json);
                if (picture.Seed is { } seed) json.WriteNumber("seed", seed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
