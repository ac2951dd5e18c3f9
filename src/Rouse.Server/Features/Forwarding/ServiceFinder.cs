using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Core.Deployments;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.Doors;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Forwarding;

/// <summary>
/// Which of the caller's services a request under <c>/d</c> is for, and the path there. What is no service's is answered here: a model has the doors' paths
/// and no others.
/// </summary>
/// <param name="doors">Null where only services are served.</param>
internal sealed class ServiceFinder(RouteTable routes, ServiceNames names, DeploymentStore deployments, DoorRoutes? doors = null)
{
    /// <summary>Models of one tenant that are looked through for a name, newest first; who has more names them by id.</summary>
    private const int MaxLive = 1_000;

    private const string NoSuchDeployment = "You have no deployment of this id or name. GET /v1/deployments lists yours.";

    /// <returns>No route: the request has been answered.</returns>
    public ValueTask<(Route? Route, string? PathAndQuery)> FindAsync(HttpContext context, Caller caller)
    {
        var word = (string)context.Request.RouteValues["deployment"]!;
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!BackendTarget.TryTakeRest(raw, context.Request.PathBase.Value + "/d/", word, out var path))
        {
            return AnswerAsync(context, Problems.Result(ErrorCode.BadRequest, "The path leads through '.' or '..', or is written in a way that can be read in two."));
        }

        if (DeploymentId.TryParse(word, out var id))
        {
            // Another tenant's is as unknown as one that never was.
            return routes.Find(id) is { } route && route.Tenant == caller.Tenant ? ValueTask.FromResult<(Route?, string?)>((route, path)) : ExplainAsync(context, caller, id, path);
        }

        return names.Find(caller.Tenant, word) switch
        {
            (_, { } only) => ValueTask.FromResult<(Route?, string?)>((only, path)),
            (0, _) => ExplainAsync(context, caller, word, path),
            (var count, _) => AnswerAsync(context, Problems.Result(AsyncErrors.Ambiguous, $"{count} of your services have this name. Name one by its deployment id.")),
        };
    }

    private async ValueTask<(Route? Route, string? PathAndQuery)> ExplainAsync(HttpContext context, Caller caller, string name, string path)
    {
        var named = (await deployments.ListLiveAsync(caller.Tenant, MaxLive, context.RequestAborted)).Where(one => one.Spec.Name == name).ToList();
        return named switch
        {
            [var only] => await ExplainAsync(context, caller, only.Id, path),
            [] => await AnswerAsync(context, Problems.Result(ErrorCode.DeploymentNotFound, NoSuchDeployment)),
            _ => await AnswerAsync(context, Problems.Result(AsyncErrors.Ambiguous, $"{named.Count} of your deployments have this name. Name one by its id.")),
        };
    }

    private async ValueTask<(Route? Route, string? PathAndQuery)> ExplainAsync(HttpContext context, Caller caller, DeploymentId id, string path)
    {
        if (await deployments.LoadAsync(caller.Tenant, id, context.RequestAborted) is not { } row) return await AnswerAsync(context, Problems.Result(ErrorCode.DeploymentNotFound, NoSuchDeployment));
        if (row.Phase is Phase.Failed or Phase.Deleting or Phase.Deleted)
        {
            return await AnswerAsync(context, Problems.Result(JobErrors.DeploymentEnded, $"The deployment is {row.Phase.Word()} and takes no more requests."));
        }

        if (row.Spec.Service is null)
        {
            CallerFilter.Put(context, caller);
            if (doors is not null && await doors.TryHandleAsync(context, id, path.Split('?')[0][1..])) return default;
            return await AnswerAsync(context, Problems.Result(AsyncErrors.NotAService, $"The deployment serves a model and no paths of its own: send jobs to POST /v2/{id}/run."));
        }

        context.Response.Headers.RetryAfter = "1";
        return await AnswerAsync(context, Problems.Result(AsyncErrors.NotKnownYet, "The service was made a moment ago. Try again in a second."));
    }

    private static async ValueTask<(Route? Route, string? PathAndQuery)> AnswerAsync(HttpContext context, IResult answer)
    {
        await answer.ExecuteAsync(context);
        return default;
    }
}
