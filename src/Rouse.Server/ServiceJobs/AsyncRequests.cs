using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Contracts.Jobs;
using Rouse.Contracts.Telemetry;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.Spool;
using Rouse.Store;
using Rouse.Store.Jobs;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// Turns a request to a service into a job: durable, its body in the spool, when the 202 is written.
/// </summary>
/// <param name="spool">Null: nothing can be queued here, <see cref="AsyncErrors.SpoolNotShared"/>.</param>
/// <param name="room">Of the spool; null with it.</param>
internal sealed class AsyncRequests(QueueSeats seats, Gateway.Jobs.JobPlane plane, ServiceJobStore store, OwnAddress own, SpoolFolder? spool = null, SpoolRoom? room = null)
{
    /// <summary>Seconds. Queued requests end, and what ended is removed after a day: nothing says when there is room, and asking costs little.</summary>
    private const string RoomPause = "30";

    /// <summary>What may be answered in place of a job.</summary>
    public static readonly ErrorCode[] Refusals =
    [
        AsyncErrors.InvalidTarget, AsyncErrors.InvalidForm, JobErrors.InvalidWebhook, ErrorCode.InvalidParameter, JobErrors.DeploymentEnded, ErrorCode.TooLarge, ErrorCode.IdempotencyMismatch,
        JobErrors.QueueFull, AsyncErrors.SpoolNotShared, AsyncErrors.SpoolFull, AsyncErrors.TenantSpoolFull,
    ];

    private static readonly string[] s_fields = ["method", "path", "webhook"];

    /// <summary>For a request that says <c>Prefer: respond-async</c>: the answer, 202 when it is queued.</summary>
    /// <param name="pathAndQuery">At the service; percent-encoded, from its root.</param>
    public async Task<IResult> AcceptAsync(HttpContext context, Route route, string pathAndQuery)
    {
        var (job, refusal) = await QueueAsync(context, route, new Wanted(context.Request.Method, pathAndQuery, Webhook: null), readForm: false);
        if (job is null) return refusal!;
        context.Response.Headers["Preference-Applied"] = "respond-async";
        return await AcceptedAsync(context, route, job, route.Service.PodId ?? route.Deployment.Value);
    }

    /// <summary>Queues the request that the caller named by form fields, by the query, or not at all.</summary>
    public async Task<IResult> ProcessAsync(HttpContext context, Route route, string pod)
    {
        var query = context.Request.Query;
        var wanted = new Wanted(query["method"].FirstOrDefault(), query["path"].FirstOrDefault(), query["webhook"].FirstOrDefault());
        var (job, refusal) = await QueueAsync(context, route, wanted, readForm: true);
        return job is null ? refusal! : await AcceptedAsync(context, route, job, pod);
    }

    private async ValueTask<(Queued? Job, IResult? Refusal)> QueueAsync(HttpContext context, Route route, Wanted wanted, bool readForm)
    {
        if (spool is null || room is null)
        {
            return (null, Problems.Result(
                AsyncErrors.SpoolNotShared, "Several servers may work on this database, and any of them may send what this one queues. Have the operator set ROUSE_SPOOL to a folder that all of them share."));
        }

        if (route.State == RouteState.Ended) return (null, Problems.Result(JobErrors.DeploymentEnded, "The deployment has ended and takes no more requests."));
        var most = route.Service.MaxBodyBytes;
        if (context.Request.ContentLength > most) return (null, TooLarge(most));
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        var hasKey = context.Request.Headers.ContainsKey(IdempotencyHeader.Name);
        await using var seat = await seats.TakeAsync(route.Deployment, route.Service.MaxQueue, context.RequestAborted);
        if (seat is null && !hasKey) return (null, Full(context, route));
        using var claim = await room.ClaimAsync(route.Tenant, context.Request.ContentLength ?? 0, context.RequestAborted);
        if (claim.Refusal is not null) return (null, NoRoom(context, claim));
        var id = plane.NewId(sync: false);
        var name = SpoolFolder.RequestOf(route.Deployment, id);
        var isNeeded = false;
        try
        {
            if (await spool.WriteAsync(name, context.Request.Body, most, context.RequestAborted, claim.Take) is not { } body)
            {
                return (null, claim.Refusal is null ? TooLarge(most) : NoRoom(context, claim));
            }

            var (request, print, webhook, refusal) = await ReadAsync(context, route, wanted, readForm, body);
            if (request is null) return (null, refusal);
            if (!TryKey(context.Request, route.Deployment, print, out var key, out refusal)) return (null, refusal);
            if (key is not null && await plane.FindAsync(route.Tenant, key, context.RequestAborted) is { } known) return Answer(context, known);
            if (seat is null) return (null, Full(context, route));
            var job = new NewJob(route.Tenant, route.Deployment, id, Describe(request), SealedS3: null, webhook, Terms(route.Service))
            {
                Key = key, TraceParent = Tracing.TraceParent, Request = request with { IsRepeatable = key is not null }, MaxWaiting = route.Service.MaxQueue,
            };
            Submission? outcome;
            try
            {
                outcome = await seat.SubmitAsync(() => plane.SubmitAsync(job, CancellationToken.None));
            }
            catch (Exception error) when (error is not StorageException { Code: StorageCodes.Full })
            {
                // Whether it is queued is not known here. If not, the sweep finds that nobody needs the file.
                isNeeded = true;
                throw;
            }

            isNeeded = outcome is Submission.Queued && request.Body is not null;
            if (isNeeded) claim.Settle();
            return outcome switch
            {
                null => (null, Full(context, route)),
                Submission.Queued => (new Queued(id, Repeated: false), null),
                _ => Answer(context, outcome),
            };
        }
        finally
        {
            if (!isNeeded) spool.Remove(name);
        }
    }

    private async ValueTask<(ServiceRequest? Request, byte[] Print, string? Webhook, IResult? Refusal)> ReadAsync(
        HttpContext context, Route route, Wanted wanted, bool readForm, SpooledBody body)
    {
        var content = body.Sha256;
        if (readForm && FormFields.BoundaryOf(context.Request.ContentType) is { } boundary)
        {
            await using var file = spool!.Open(body.Name)!;
            if (await FormFields.ReadAsync(file, boundary, s_fields, context.RequestAborted) is not { } form)
            {
                return (null, [], null, Problems.Result(AsyncErrors.InvalidForm, "The body is not multipart/form-data as its Content-Type says."));
            }

            content = form.Sha256;
            wanted = new Wanted(wanted.Method ?? form.Texts.GetValueOrDefault("method"), wanted.Path ?? form.Texts.GetValueOrDefault("path"), wanted.Webhook ?? form.Texts.GetValueOrDefault("webhook"));
        }

        if (RequestTarget.Method(wanted.Method ?? HttpMethods.Post) is not { } method)
        {
            return (null, [], null, Problems.Result(AsyncErrors.InvalidTarget, "method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."));
        }

        var target = wanted.Path ?? route.Service.ProcessPath;
        if (!RequestTarget.IsTarget(target))
        {
            return (null, [], null, Problems.Result(AsyncErrors.InvalidTarget, "path must be a path with its query, such as /v1/things?a=1, percent-encoded and without segments of dots."));
        }

        if (!IsWebhook(wanted.Webhook))
        {
            return (null, [], null, Problems.Result(JobErrors.InvalidWebhook, $"webhook must be an http or https URL of at most {RunRequest.MaxWebhookLength} characters, without a password in it."));
        }

        var print = SHA256.HashData([.. Encoding.UTF8.GetBytes($"{method} {target}\n{wanted.Webhook}\n"), .. content]);
        var request = new ServiceRequest(method, target, KeptHeaders.OfRequest(context.Request.Headers), body.Bytes == 0 ? null : body);
        return (request, print, wanted.Webhook is { Length: > 0 } url ? url : null, null);
    }

    private async ValueTask<IResult> AcceptedAsync(HttpContext context, Route route, Queued job, string pod)
    {
        var position = await store.PositionAsync(route.Deployment, job.Id, context.RequestAborted);
        var message = job.Repeated ? "This request was queued before; here is its job."
            : route.State == RouteState.Ready ? "The request is queued." : "The request is queued, and the pod is being woken for it.";
        context.Response.Headers.Location = own.Path($"/api/jobs/{job.Id}");
        var reply = new Contracts.Jobs.QueuedReply("queued", job.Id.Value, pod, position, message, own.Url($"/api/jobs/{job.Id}"), own.Url($"/api/jobs/{job.Id}/result"));
        return Results.Json(reply, Contracts.RouseJson.Default.QueuedReply, statusCode: StatusCodes.Status202Accepted);
    }

    private static (Queued? Job, IResult? Refusal) Answer(HttpContext context, Submission known)
    {
        if (known is not Submission.Repeats repeats) return (null, IdempotencyHeader.OtherBody());
        context.Response.Headers[IdempotencyHeader.Replayed] = "true";
        return (new Queued(repeats.Job, Repeated: true), null);
    }

    private static bool TryKey(HttpRequest request, DeploymentId deployment, byte[] print, out JobKey? key, out IResult? problem)
    {
        var usable = IdempotencyHeader.TryRead(request, $"ASYNC {deployment}", print, out var read, out problem);
        key = read is null ? null : new JobKey(read.Scope, read.Key, read.Fingerprint);
        return usable;
    }

    /// <summary>Long enough for all tries, each as long as it may be, and a wake before one of them.</summary>
    private static JobTerms Terms(HttpService service)
    {
        var longest = (service.ResponseTimeout + service.RetryDelay) * (service.MaxRetries + 1) + service.WakeTimeout + service.BusyTimeout;
        return JobTerms.Default with { ExecutionTimeout = longest < JobTerms.Longest ? longest : JobTerms.Longest };
    }

    /// <summary>For people: what is sent lies in a table of its own.</summary>
    private static byte[] Describe(ServiceRequest request) => JobRequestText.Write(request.Method, request.Target, request.Body?.Bytes ?? 0, request.Body?.Sha256);

    private static bool IsWebhook(string? text) => string.IsNullOrEmpty(text)
        || (text.Length <= RunRequest.MaxWebhookLength && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0);

    private static IResult TooLarge(long most) => Problems.Result(ErrorCode.TooLarge, $"The body may have at most {most} bytes here.");

    private static IResult Full(HttpContext context, Route route) =>
        JobErrors.BackOff(context, JobErrors.QueueFull, $"{route.Service.MaxQueue} requests wait for this service already. Queue is full.");

    private static IResult NoRoom(HttpContext context, SpoolClaim claim)
    {
        context.Response.Headers.RetryAfter = RoomPause;
        return claim.Refusal == SpoolRefusal.Share
            ? Problems.Result(AsyncErrors.TenantSpoolFull, "The bodies of your queued requests and of their answers are as large as one tenant's may be together. Nothing was queued.")
            : Problems.Result(AsyncErrors.SpoolFull, "The bodies of all queued requests and of their answers are as large as they may be, or the disk they lie on is nearly full. Nothing was queued.");
    }

    /// <summary>What the caller said of the request; null for what it left out.</summary>
    private sealed record Wanted(string? Method, string? Path, string? Webhook);

    private sealed record Queued(JobId Id, bool Repeated);
}
