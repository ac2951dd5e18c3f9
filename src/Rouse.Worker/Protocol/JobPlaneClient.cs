using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Rouse.Contracts.Workers;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Protocol;

/// <summary>One request of the job plane per method; retries and pauses are the loops' business.</summary>
internal sealed class JobPlaneClient(HttpClient http, JobUrls urls, string? key, LastContact contact)
{
    /// <summary>A poll longer than this is dead. Servers hold polls for 20 to 30 s; the SDK waits 90 s.</summary>
    public static readonly TimeSpan PollTimeout = TimeSpan.FromSeconds(90);

    /// <summary>For one post of a result of up to 20 MB.</summary>
    public static readonly TimeSpan PostTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Of a take or stop answer: the largest input is 20 MB.</summary>
    public const int MaxAnswerBytes = 32 << 20;

    private bool _hasNoBatch;

    /// <summary>Whether parts of an answer can go ahead of it.</summary>
    public bool CanStream => urls.CanStream;

    /// <param name="places">Jobs wanted at most.</param>
    /// <param name="busy">Others run here meanwhile.</param>
    /// <param name="ct">Drops the poll.</param>
    public async Task<TakeAnswer> TakeAsync(int places, bool busy, CancellationToken ct)
    {
        var poll = await PollAsync(urls.Take(busy, _hasNoBatch ? 1 : places), ct);
        // A plane from before there were batches gives them out one by one.
        if (places > 1 && !_hasNoBatch && poll.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
        {
            _hasNoBatch = true;
            poll = await PollAsync(urls.Take(busy), ct);
        }

        if (poll.Fault is { } fault) return new TakeAnswer.Failed(fault);
        switch (poll.Status)
        {
            case HttpStatusCode.OK when poll.Body.Length > 0:
                try
                {
                    var jobs = TakenJob.Parse(poll.Body);
                    return jobs.Count > 0 ? new TakeAnswer.Jobs(jobs) : new TakeAnswer.Nothing();
                }
                catch (Exception e) when (e is JsonException or InvalidOperationException)
                {
                    return new TakeAnswer.Failed($"the answer is not a job: {e.Message}");
                }

            case HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.BadRequest:
                return new TakeAnswer.Nothing();
            case HttpStatusCode.TooManyRequests:
                return new TakeAnswer.TooMany();
            default:
                return new TakeAnswer.Failed($"HTTP {(int)poll.Status}");
        }
    }

    /// <summary>Ids to stop; empty when the poll ended without any. Null when it failed.</summary>
    public async Task<IReadOnlyList<string>?> StopAsync(CancellationToken ct)
    {
        var poll = await PollAsync(urls.Stop(), ct);
        if (poll.Fault is not null || (int)poll.Status >= 400) return null;
        if (poll.Status != HttpStatusCode.OK || poll.Body.Length == 0) return [];
        try
        {
            using var document = JsonDocument.Parse(poll.Body);
            return document.RootElement.TryGetProperty("jobsToStop", out var ids) && ids.ValueKind == JsonValueKind.Array
                ? [.. ids.EnumerateArray().Where(static id => id.ValueKind == JsonValueKind.String).Select(static id => id.GetString()!)]
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public Task<HttpStatusCode?> DoneAsync(string job, ReadOnlyMemory<byte> body, bool isStream, CancellationToken ct) =>
        PostAsync(urls.Done(job, isStream), job, body, ct);

    /// <param name="job">Whose answer it is part of.</param>
    /// <param name="number">1 for the first part.</param>
    /// <param name="body">The part in its envelope.</param>
    /// <param name="ct">Drops the request.</param>
    public Task<HttpStatusCode?> StreamAsync(string job, int number, ReadOnlyMemory<byte> body, CancellationToken ct) =>
        PostAsync(urls.Stream(job), job, body, ct, number);

    /// <summary>The status, or null when the outcome is unknown.</summary>
    private async Task<HttpStatusCode?> PostAsync(Uri url, string job, ReadOnlyMemory<byte> body, CancellationToken ct, int? part = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(PostTimeout);
        try
        {
            using var request = Request(HttpMethod.Post, url);
            request.Headers.TryAddWithoutValidation("X-Request-ID", job);
            if (part is { } number) request.Headers.TryAddWithoutValidation(StreamHeaders.Part, number.ToString(CultureInfo.InvariantCulture));
            request.Content = new ReadOnlyMemoryContent(body);
            // The SDK says so of its JSON (captures a.http #6): the one type every server of this protocol is known to take.
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
            using var response = await http.SendAsync(request, limit.Token);
            NoteContact(response.StatusCode);
            return response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    private async Task<Poll> PollAsync(Uri url, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(PollTimeout);
        try
        {
            using var request = Request(HttpMethod.Get, url);
            using var response = await http.SendAsync(request, limit.Token);
            NoteContact(response.StatusCode);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return new Poll(response.StatusCode, body, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Poll(default, [], e.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new Poll(default, [], "the poll was never answered");
        }
    }

    private HttpRequestMessage Request(HttpMethod method, Uri url)
    {
        var request = new HttpRequestMessage(method, url);
        // Raw, without a scheme: that is how the platform expects it.
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", key);
        return request;
    }

    private void NoteContact(HttpStatusCode status)
    {
        if ((int)status < 500) contact.Heard();
    }

    private readonly record struct Poll(HttpStatusCode Status, byte[] Body, string? Fault);
}
