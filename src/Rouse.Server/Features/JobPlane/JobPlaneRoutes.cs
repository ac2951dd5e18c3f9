using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.JobPlane;

/// <summary>
/// Runpod's serverless data plane over our deployments: what callers use (<c>run</c> … <c>health</c>) and what workers use (<c>job-take</c> …
/// <c>ping</c>), so that unmodified clients and workers of Runpod's fit. Callers show an API key, workers the token of their attempt.
/// </summary>
internal static class JobPlaneRoutes
{
    public static void MapJobPlane(this IEndpointRouteBuilder app)
    {
        var callers = app.MapGroup("/v2/{deployment}").WithTags("Jobs").AddEndpointFilter<CallerFilter>();
        Run.Map(callers);
        RunSync.Map(callers);
        Status.Map(callers);
        StreamJob.Map(callers);
        CancelJob.Map(callers);
        RetryJob.Map(callers);
        PurgeQueue.Map(callers);
        Health.Map(callers);

        var workers = app.MapGroup("/v2/{deployment}").WithTags("Workers").IsOpen("Workers show the secret of their attempt.");
        TakeJobs.Map(workers);
        FinishJob.Map(workers);
        AppendToStream.Map(workers);
        StopJobs.Map(workers);
        Ping.Map(workers);
    }
}
