using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Admission;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;

namespace Rouse.Server.Features.Forwarding;

/// <summary>The gateway's own codes, and how a refusal at the door is told.</summary>
internal static class GatewayErrors
{
    public static readonly ErrorCode TenantQueueFull = new("TENANT_QUEUE_FULL", 429, "Too many of your requests wait");
    public static readonly ErrorCode BackendUnreachable = new("BACKEND_UNREACHABLE", 502, "The service cannot be reached");
    public static readonly ErrorCode BackendFailed = new("BACKEND_FAILED", 502, "The service gave no answer");
    public static readonly ErrorCode CapacityBusy = new("CAPACITY_BUSY", 503, "All capacity stayed busy");
    public static readonly ErrorCode WakeTimeout = new("WAKE_TIMEOUT", 504, "The service did not wake in time");
    public static readonly ErrorCode BackendTimeout = new("BACKEND_TIMEOUT", 504, "The service was silent for too long");
    public static readonly ErrorCode NotForwarded = new("NOT_FORWARDED", 501, "This kind of request is not forwarded");

    public static readonly ErrorCode[] All =
    [
        ErrorCode.DeploymentNotFound, AsyncErrors.NotAService, AsyncErrors.Ambiguous, AsyncErrors.NotKnownYet, JobErrors.DeploymentEnded, ErrorCode.RequestTimeout, ErrorCode.TooLarge, JobErrors.QueueFull,
        TenantQueueFull, BackendUnreachable, BackendFailed, CapacityBusy, ErrorCode.Stopping, WakeTimeout, BackendTimeout, NotForwarded,
    ];

    /// <summary>Sets the headers, too.</summary>
    public static IResult Of(HttpContext context, AdmissionRefusal refusal)
    {
        var headers = context.Response.Headers;
        if (refusal.RetryAfter > TimeSpan.Zero) headers.RetryAfter = Seconds(refusal.RetryAfter);
        if (refusal.Position > 0)
        {
            headers["X-Rouse-Queue-Position"] = refusal.Position.ToString(CultureInfo.InvariantCulture);
            headers["X-Rouse-Expected-Wait-Seconds"] = Seconds(refusal.ExpectedWait);
        }

        return refusal.Reason switch
        {
            AdmissionReason.QueueFull => Problems.Result(JobErrors.QueueFull, "All places for requests that wait for this service are taken."),
            AdmissionReason.QueueBytesFull => Problems.Result(JobErrors.QueueFull, "The bodies of the requests that wait for this service are as large as they may be together."),
            AdmissionReason.TenantFull => Problems.Result(TenantQueueFull, "Your requests take all the places, or bytes, that one tenant's may while they wait."),
            AdmissionReason.WakeTimeout => Problems.Result(WakeTimeout, "The request was held as long as it may be, and the service is not awake yet."),
            AdmissionReason.BusyTimeout => Problems.Result(CapacityBusy, "The request was held as long as it may be, and the service was busy with others all the time."),
            AdmissionReason.Stopping => Problems.Result(ErrorCode.Stopping, "This server is about to stop and hands back what it holds. Nothing was sent; ask again."),
            _ => Problems.Result(JobErrors.DeploymentEnded, "The deployment has ended and takes no more requests."),
        };
    }

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
