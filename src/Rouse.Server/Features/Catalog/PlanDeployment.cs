using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.Contracts.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Catalog;

/// <summary><c>POST /v1/plan</c>: what <c>POST /v1/deployments</c> with the same body would need, get and cost.</summary>
internal static class PlanDeployment
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/plan", HandleAsync).Needs(Scope.Read)
        .WithName("planDeployment").WithSummary("Tell what a deployment would need, get and cost")
        .WithDescription("Takes the body of `POST /v1/deployments` and creates nothing. What speaks against the deployment is told in the answer.")
        .Accepts<CreateDeploymentRequest>("application/json").Produces<PlanReply>()
        .Refuses(ErrorCode.InvalidRequest, ErrorCode.Unauthorized, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(HttpContext context, DeploymentParser parser, Payers payers, Planner planner)
    {
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CreateDeploymentRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var parsed = parser.Parse(body.Value!, await payers.OfAsync(CallerFilter.CallerOf(context), body.Value!.UserRunpodKey, context.RequestAborted));
        if (parsed.Spec is not { } spec) return Problems.Result(ErrorCode.InvalidRequest, parsed.Sentence, parsed.Details);
        var plan = await planner.PlanAsync(CallerFilter.TenantOf(context), spec, parsed.HubToken, parsed.ProviderKey, context.RequestAborted);
        return Results.Json(plan, RouseJson.Default.PlanReply);
    }
}
