using System.Net;
using System.Net.Http.Headers;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>Jobs in the queues of Runpod's serverless endpoints: <c>/run</c>, <c>/status</c> and <c>/cancel</c> of its data plane.</summary>
/// <param name="options">Where it is, and its bounds.</param>
/// <param name="http">Without redirects and cookies: the key goes to the configured address only.</param>
/// <param name="time">Bounds each request.</param>
public sealed class RunpodJobs(RunpodJobsOptions options, HttpMessageInvoker http, TimeProvider time) : IJobRelay
{
    /// <summary>What an answer holds besides the result.</summary>
    private const int Envelope = 64 * 1024;

    private const string Take = "take the job";
    private const string Show = "show the job";
    private const string Cancel = "cancel the job";

    public async ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct)
    {
        var body = RunpodJobsWire.Run(job);
        if (body.Length > options.MaxBody)
        {
            var message = $"The job has {body.Length} bytes and Runpod takes at most {options.MaxBody}. Put large inputs into storage and send their URL.";
            throw new ProviderException(ProviderFault.Rejected, message);
        }

        var answer = await SendAsync(HttpMethod.Post, $"{Uri.EscapeDataString(backend.Value)}/run", body, Take, access, ct);
        // Not a refusal of the job: the endpoint may be back, or another in its place, before the job's time is over.
        if (answer.Status == HttpStatusCode.NotFound) throw RunpodFaults.Unknown(Take, $"it knows no endpoint {backend}");
        answer.ThrowIfRefused(Take, RunpodClient.Key(access));
        return RunpodJobsWire.Submitted(answer.Body ?? []) ?? throw RunpodFaults.Unknown(Take, "its answer names no job");
    }

    public async ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{Uri.EscapeDataString(backend.Value)}/status/{Uri.EscapeDataString(job.Value)}", body: null, Show, access, ct);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        answer.ThrowIfRefused(Show, RunpodClient.Key(access));
        return answer.Body is { } body
            ? RunpodJobsWire.Status(body) ?? throw RunpodFaults.Unknown(Show, "its answer cannot be read")
            : new JobSighting(JobStatus.Failed, Error: $"The job's result is larger than {options.MaxResult} bytes. Have the worker upload it and return a URL.");
    }

    public async ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct)
    {
        var answer = await SendAsync(HttpMethod.Post, $"{Uri.EscapeDataString(backend.Value)}/cancel/{Uri.EscapeDataString(job.Value)}", [], Cancel, access, ct);
        // Gone, or ended before the request came: there is nothing left to cancel.
        if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.Conflict) return;
        answer.ThrowIfRefused(Cancel, RunpodClient.Key(access));
    }

    private async ValueTask<RunpodJobsAnswer> SendAsync(HttpMethod method, string path, byte[]? body, string doing, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        using var request = new HttpRequestMessage(method, new Uri($"{options.BaseAddress.ToString().TrimEnd('/')}/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Reveal(SecretPurpose.ProviderCall));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var deadline = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return await RunpodJobsAnswer.ReadAsync(response, options.MaxResult + Envelope, time, either.Token);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            throw RunpodFaults.Unknown(doing, "it could not be reached, or its answer was lost", lost);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw RunpodFaults.Unknown(doing, FormattableString.Invariant($"no answer within {options.RequestTimeout.TotalSeconds:0.#} s"), late);
        }
    }
}
