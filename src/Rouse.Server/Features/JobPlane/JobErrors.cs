using Microsoft.AspNetCore.Http;
using Rouse.Server.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>The job plane's own codes.</summary>
internal static class JobErrors
{
    public static readonly ErrorCode InvalidInput = new("INVALID_INPUT", 400, "The job's input is not valid");
    public static readonly ErrorCode InvalidPolicy = new("INVALID_POLICY", 400, "The job's policy is not valid");
    public static readonly ErrorCode InvalidWebhook = new("INVALID_WEBHOOK", 400, "The job's webhook is not valid");
    public static readonly ErrorCode JobNotFound = new("JOB_NOT_FOUND", 404, "No such job");
    public static readonly ErrorCode NotRetryable = new("JOB_NOT_RETRYABLE", 409, "The job cannot be retried");
    public static readonly ErrorCode PartNotKept = new("PART_NOT_KEPT", 409, "The part of the answer was not kept");
    public static readonly ErrorCode DeploymentEnded = new("DEPLOYMENT_ENDED", 409, "The deployment has ended");
    public static readonly ErrorCode QueueFull = new("QUEUE_FULL", 429, "Too many jobs wait");
    public static readonly ErrorCode NotNow = new("TRY_AGAIN_LATER", 429, "Not now");
    public static readonly ErrorCode NotTheWorker = new("WORKER_NOT_CURRENT", 429, "This worker's attempt is over");

    /// <summary>What every route of workers may answer.</summary>
    public static readonly ErrorCode[] OfWorkers = [ErrorCode.InvalidParameter, ErrorCode.Unauthorized, NotNow, NotTheWorker];

    /// <summary>runpod-python sleeps 5 s after 429 and asks again at once after anything else, thousands of times a second.</summary>
    private const string BackOffSeconds = "5";

    public static IResult BackOff(HttpContext context, ErrorCode code, string detail)
    {
        context.Response.Headers.RetryAfter = BackOffSeconds;
        return Problems.Result(code, detail);
    }

    public static IResult NoSuchJob(string job) => Problems.Result(
        JobErrors.JobNotFound, $"There is no job '{Shorten(job)}' here. Ended jobs are kept for a day, and a job that outlives its ttl is dropped.");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
