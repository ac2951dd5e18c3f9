using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Pods;

/// <summary>Requests to pods that are answered later: queued, looked at, fetched.</summary>
internal static class PodRoutes
{
    public static void MapPods(this IEndpointRouteBuilder app)
    {
        var callers = app.MapGroup("/api").WithTags("pods").AddEndpointFilter<CallerFilter>();
        ProcessFile.Map(callers);
        ShowPod.Map(callers);
        ShowQueuedJob.Map(callers);
        GetResult.Map(callers);
        CancelQueuedJob.Map(callers);
    }
}
