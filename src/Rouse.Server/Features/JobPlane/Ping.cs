using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Jobs;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary><c>GET /v2/{deployment}/ping/{worker}</c>: the worker lives and runs these jobs, or says that its machine is broken.</summary>
internal static class Ping
{
    /// <summary>A worker's own words are kept and logged; this much of them says what is wrong.</summary>
    private const int MaxReasonLength = 500;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/ping/{worker}", HandleAsync)
        .WithName("PingWorker").WithSummary("A worker says that it lives").Produces<Noted>().Refuses(JobErrors.OfWorkers);

    private static async Task<IResult> HandleAsync(HttpContext context, string deployment, string worker, Gateway.Jobs.JobPlane plane, JobPlaneAccess access)
    {
        var (side, refusal) = await WorkerSide.OpenAsync(context, access, deployment, worker);
        if (refusal is not null) return refusal;
        await plane.PingAsync(side.Deployment, side.Worker, Running(side, plane.Limits), Unhealthy(side), context.RequestAborted);
        return JobReply.Noted;
    }

    private static List<JobId> Running(WorkerSide side, JobLimits limits)
    {
        var running = new List<JobId>();
        foreach (var text in side.Value("job_id").SelectMany(value => (value ?? "").Split(',')))
        {
            if (running.Count < limits.MaxStops && JobId.TryParse(text.Trim(), out var id)) running.Add(id);
        }

        return running;
    }

    private static string? Unhealthy(WorkerSide side)
    {
        if (!side.Value("status").ToString().Equals("unhealthy", StringComparison.OrdinalIgnoreCase)) return null;
        var words = $"{side.Value("check")}: {side.Value("reason")}".ReplaceLineEndings(" ");
        return words.Length <= MaxReasonLength ? words : words[..MaxReasonLength];
    }
}
