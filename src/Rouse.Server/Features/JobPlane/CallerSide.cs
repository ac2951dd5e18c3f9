using Microsoft.AspNetCore.Http;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>A caller's request, once it is known to be about a deployment of the caller's own.</summary>
internal readonly record struct CallerSide(TenantId Tenant, DeploymentId Deployment, Phase Phase)
{
    /// <summary>Another tenant's deployment is as unknown as one that never was.</summary>
    public static async ValueTask<(CallerSide Side, IResult? Refusal)> OpenAsync(HttpContext context, JobPlaneAccess access, string deployment)
    {
        var tenant = CallerFilter.TenantOf(context);
        return DeploymentId.TryParse(deployment, out var id) && await access.PhaseOf(tenant, id, context.RequestAborted) is { } phase
            ? (new CallerSide(tenant, id, phase), null)
            : (default, Problems.Result(ErrorCode.DeploymentNotFound, "You have no deployment of this id. GET /v1/deployments lists yours."));
    }

    /// <summary>A deployment that is still starting takes jobs: they wait for it. One that has ended does not.</summary>
    public IResult? RefuseNewJobs() => Phase is Phase.Failed or Phase.Deleting or Phase.Deleted
        ? Problems.Result(JobErrors.DeploymentEnded, $"The deployment is {Phase.Word()} and takes no more jobs. Deploy the model again.")
        : null;

    /// <summary>Path segments are cut at the first <c>&amp;</c>, as a worker's are.</summary>
    public static bool TryJob(string segment, out JobId id) => JobId.TryParse(WorkerSide.Cut(segment), out id);
}
