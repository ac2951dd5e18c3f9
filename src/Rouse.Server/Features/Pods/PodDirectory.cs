using Microsoft.AspNetCore.Http;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Routing;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Pods;

/// <summary>Which service of a tenant is meant by the id of a pod, the id of a deployment, or a name.</summary>
internal sealed class PodDirectory(RouteTable routes, DeploymentStore deployments)
{
    public static readonly ErrorCode[] Refusals =
        [AsyncErrors.PodNotFound, AsyncErrors.NotAService, AsyncErrors.Ambiguous, JobErrors.DeploymentEnded, AsyncErrors.NotKnownYet];

    public async ValueTask<(Route? Route, IResult? Refusal)> FindAsync(TenantId tenant, string pod, CancellationToken ct)
    {
        List<Route> named = [.. routes.Of(tenant).Where(route => route.Deployment.Value == pod || route.Service.PodId == pod || route.Backends.Any(backend => backend.Id == pod))];
        if (named.Count == 0) named = [.. routes.Of(tenant).Where(route => route.Name == pod)];
        if (named.Count == 1) return (named[0], null);
        if (named.Count > 1) return (null, Problems.Result(AsyncErrors.Ambiguous, $"{named.Count} of your services are meant by that. Name one by its deployment id."));
        return (null, DeploymentId.TryParse(pod, out var id) && await deployments.LoadAsync(tenant, id, ct) is { } row ? Explain(row) : Problems.Result(
            AsyncErrors.PodNotFound,
            "None of your services runs on a pod of this id, or has this name. Attach a pod of yours with POST /v1/deployments, provider attached-pod and its id as the service's pod_id."));
    }

    private static IResult Explain(DeploymentState row) =>
        row.Spec.Service is null ? Problems.Result(AsyncErrors.NotAService, $"The deployment serves a model: send jobs to POST /v2/{row.Id}/run.")
        : row.Phase is Phase.Failed or Phase.Deleting or Phase.Deleted ? Problems.Result(JobErrors.DeploymentEnded, $"The deployment is {row.Phase.Word()}.")
        : Problems.Result(AsyncErrors.NotKnownYet, "The service was made a moment ago. Try again in a second.");
}
