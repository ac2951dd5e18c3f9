using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;

namespace Rouse.Server.Features.Pods;

/// <summary><c>POST /api/process/{pod_id}</c>: queues a request to a pod; durable, its body included, when this answers.</summary>
internal static class ProcessFile
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/process/{pod_id}", HandleAsync).Needs(Scope.Run)
        .WithName("processFile").WithSummary("Queues a request to a pod, with a file or any other body")
        .WithDescription("The body goes to the pod as it comes, a form (`multipart/form-data`, field `file`) or any other. `method` and `path`, in the query or in the form, name another operation of the pod's "
            + "than its service's `process_path`. `webhook`, likewise, is a URL that is told of the end. It is sent up to 4 times where the pod answers 5xx or the connection breaks. "
            + "With an `Idempotency-Key`, repeating it within 24 h answers the first one's job.")
        .WithQuery("method", ParameterRules.OneOf(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), "POST when left out.")
        .WithQuery("path", ParameterRules.Text(1, Core.Jobs.RequestTarget.MaxLength), "Path and query at the pod.")
        .WithQuery("webhook", ParameterRules.Text(0, RunRequest.MaxWebhookLength), "http or https.")
        .WithHeader(IdempotencyHeader.Name, IdempotencyHeader.Rule, IdempotencyHeader.Words)
        .Produces<QueuedReply>(StatusCodes.Status202Accepted).Refuses([.. AsyncRequests.Refusals, .. PodDirectory.Refusals, ErrorCode.RequestTimeout]);

    private static async Task<IResult> HandleAsync(HttpContext context, string pod_id, PodDirectory pods, AsyncRequests requests)
    {
        var (route, refusal) = await pods.FindAsync(CallerFilter.TenantOf(context), pod_id, context.RequestAborted);
        return route is null ? refusal! : await requests.ProcessAsync(context, route, pod_id);
    }
}
