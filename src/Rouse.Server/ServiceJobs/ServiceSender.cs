using System.Net;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Routing;
using Rouse.Server.Spool;
using Rouse.Store;

namespace Rouse.Server.ServiceJobs;

/// <summary>Sends a job's request once, and puts what is answered into the spool.</summary>
internal sealed class ServiceSender(BackendHttp http, SpoolFolder spool, JobLimits limits, TimeProvider time)
{
    /// <summary>Between tries to write an answer to a full disk: soon enough for who waits, and no load for a disk that stays full.</summary>
    private static readonly TimeSpan s_fullPause = TimeSpan.FromSeconds(1);

    /// <param name="inline">The body where it is not in the spool; null for none.</param>
    /// <param name="full">Told when the disk is full, so that the answer waits at the service until there is room.</param>
    /// <param name="abort">The server stops, or the job has ended elsewhere: <see cref="OperationCanceledException"/> is thrown.</param>
    public async ValueTask<Sending> SendAsync(Grant grant, DeploymentId deployment, JobId job, ServiceRequest request, byte[]? inline, Action full, CancellationToken abort)
    {
        Stream? body = inline is { Length: > 0 } ? new MemoryStream(inline, writable: false) : null;
        if (request.Body is { } spooled && (body = await spool.OpenWholeAsync(spooled, abort)) is null)
        {
            return new Sending(AttemptEnd.SpoolCorrupt, Error: "The request's body is not any more what came, or is gone.");
        }

        // Also where no message comes of it that would.
        await using var closed = body;

        var silence = grant.Route.Service.ResponseTimeout;
        using var silent = new CancellationTokenSource(silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, silent.Token);
        using var message = Message(grant.Backend, request, body, Heard);
        if (message is null) return new Sending(AttemptEnd.Answered, Error: "The request cannot be sent to this service: its path or a header is not one that HTTP has.");
        try
        {
            using var answer = await http.For(grant.Backend).SendAsync(message, either.Token);
            return await KeepAsync(deployment, job, request, answer, Heard, WaitAsync, either.Token);
        }
        catch (Exception) when (silent.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            return new Sending(AttemptEnd.TimedOut, Error: $"The service was silent for {silence.TotalSeconds:0} s.");
        }
        catch (Exception) when (abort.IsCancellationRequested)
        {
            throw new OperationCanceledException(abort);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            return new Sending(AttemptEnd.ConnectionFault, Error: Explain(error));
        }

        void Heard() => silent.CancelAfter(silence);

        async ValueTask WaitAsync()
        {
            full();
            Heard();
            await Task.Delay(s_fullPause, time, either.Token);
        }
    }

    private async ValueTask<Sending> KeepAsync(
        DeploymentId deployment, JobId job, ServiceRequest request, HttpResponseMessage answer, Action heard, Func<ValueTask> whenFull, CancellationToken ct)
    {
        var status = (int)answer.StatusCode;
        SpooledBody? kept = null;
        if (request.Method != "HEAD" && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified))
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(ct);
            try
            {
                kept = await spool.WriteAsync(SpoolFolder.ReplyOf(deployment, job), stream, limits.MaxResult, ct, Goes, whenFull);
            }
            catch (StorageException)
            {
                // It was carried out, so it is not sent again.
                return new Sending(AttemptEnd.Answered, status, $"The service answered {status}, and its answer could not be kept: the spool does not work.");
            }

            if (kept is null) return new Sending(AttemptEnd.Answered, status, $"The service's answer is larger than {limits.MaxResult} bytes. Have it put large results into storage.");
        }

        var reply = new KeptReply(status, KeptHeaders.OfReply(answer), kept is { Bytes: 0 } ? null : kept);
        if (kept is { Bytes: 0 }) spool.Remove(kept.Name);
        var end = status >= (int)HttpStatusCode.InternalServerError ? AttemptEnd.ServerError : AttemptEnd.Answered;
        return new Sending(end, status, status >= (int)HttpStatusCode.BadRequest ? $"The service answered {status}." : null, reply);

        bool Goes(long bytes)
        {
            heard();
            return true;
        }
    }

    private static HttpRequestMessage? Message(RouteBackend backend, ServiceRequest request, Stream? body, Action sent)
    {
        if (!BackendTarget.TryMake(backend, request.Target, out var target)) return null;
        var message = new HttpRequestMessage(new HttpMethod(request.Method), target) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (body is not null) message.Content = new SpooledContent(body, body.Length, sent);
        return HeaderHygiene.TryCopyRequest(KeptHeaders.Restore(request.Headers), message, backend, default, trace: null) ? message : null;
    }

    /// <summary>Words of our own: an exception's text may quote an address that is not the caller's to know.</summary>
    private static string Explain(Exception error) => error switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The service's host name is not known.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The service could not be connected to.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "The service's TLS could not be agreed on.",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "The service closed the connection before its answer was whole.",
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "The service closed the connection before its answer was whole.",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "The service's answer is not HTTP.",
        _ => "The connection to the service broke.",
    };
}

/// <param name="Error">For the caller to read; null when all went well.</param>
/// <param name="Reply">Kept for the caller; null when there is none, or none that could be kept.</param>
internal sealed record Sending(AttemptEnd End, int? Status = null, string? Error = null, KeptReply? Reply = null);
