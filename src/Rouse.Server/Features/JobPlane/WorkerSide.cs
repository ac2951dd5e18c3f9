using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>
/// A worker's request, once its token is known to be that of the deployment's current attempt. runpod-python appends its parameters with
/// <c>&amp;</c> to URL templates that lack a <c>?</c>; so path segments are cut at the first one, and what follows counts as query.
/// </summary>
internal readonly record struct WorkerSide(DeploymentId Deployment, string Worker, JobId? Job, HttpRequest Request)
{
    /// <summary>Pod ids and UUIDs are shorter.</summary>
    private const int MaxNameLength = 128;

    public static async ValueTask<(WorkerSide Side, IResult? Refusal)> OpenAsync(
        HttpContext context, JobPlaneAccess access, string deployment, string worker, string? job = null)
    {
        if (!DeploymentId.TryParse(deployment, out var id) || !await access.IsWorkerOf(context, id, context.RequestAborted)) return (default, Refuse(context));
        var name = Cut(worker);
        return name.Length is > 0 and <= MaxNameLength
            ? (new WorkerSide(id, name, job is not null && JobId.TryParse(Cut(job), out var jobId) ? jobId : null, context.Request), null)
            : (default, Problems.Result(ErrorCode.InvalidParameter, $"A worker's name has 1 to {MaxNameLength} characters."));
    }

    /// <summary>Values of a parameter, wherever the worker put it.</summary>
    public StringValues Value(string name)
    {
        if (Request.Query.TryGetValue(name, out var values)) return values;
        var path = Request.Path.Value!;
        var tail = path.IndexOf('&', StringComparison.Ordinal);
        return tail >= 0 && QueryHelpers.ParseQuery(path[tail..]).TryGetValue(name, out values) ? values : default;
    }

    public static string Cut(string segment) => segment.IndexOf('&', StringComparison.Ordinal) is >= 0 and var at ? segment[..at] : segment;

    /// <summary>A worker that outlived its attempt polls on with its old token: it is told to wait, or it would spin.</summary>
    private static IResult Refuse(HttpContext context) => context.Request.Headers.Authorization.Count > 0
        ? JobErrors.BackOff(context, JobErrors.NotTheWorker, "The token is not that of this deployment's current attempt. End this worker.")
        : Problems.Result(ErrorCode.Unauthorized, "Workers send the token of their attempt as Authorization.");
}
