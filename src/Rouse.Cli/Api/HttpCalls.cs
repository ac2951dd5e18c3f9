using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Rouse.Cli.Api;

/// <summary>A good answer as it came.</summary>
internal sealed record Answer(int Status, string Body);

/// <summary>
/// One HTTP call as a value. A call is repeated only where repeating is harmless: GET, DELETE, and a POST that carries an Idempotency-Key.
/// </summary>
internal sealed class HttpCalls(HttpClient http, TimeProvider time, Func<double> jitter, Action<string> trace)
{
    /// <summary>For one try of a call that the server answers at once.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private static readonly MediaTypeHeaderValue s_json = new("application/json");
    private static readonly Uri s_nowhere = new("http://localhost/");

    public Uri Server => http.BaseAddress ?? s_nowhere;

    public Task<Reply<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
        => CallAsync(() => new(HttpMethod.Get, path), repeatable: true, AnswerTimeout, answer => JsonSerializer.Deserialize(answer.Body, type), ct);

    public Task<Reply<Answer>> GetTextAsync(string path, CancellationToken ct)
        => CallAsync(() => new(HttpMethod.Get, path), repeatable: true, AnswerTimeout, answer => answer, ct);

    public Task<Reply<Answer>> DeleteAsync(string path, CancellationToken ct)
        => CallAsync(() => new(HttpMethod.Delete, path), repeatable: true, AnswerTimeout, answer => answer, ct);

    public Task<Reply<T>> DeleteAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
        => CallAsync(() => new(HttpMethod.Delete, path), repeatable: true, AnswerTimeout, answer => JsonSerializer.Deserialize(answer.Body, type), ct);

    /// <param name="json">The body, or null for none.</param>
    /// <param name="idempotencyKey">Makes the call repeatable; null where the route knows no such key.</param>
    public Task<Reply<T>> PostAsync<T>(string path, byte[]? json, string? idempotencyKey, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
        => SendAsync(HttpMethod.Post, path, json, idempotencyKey, type, repeatable: idempotencyKey is not null, ct);

    /// <summary>Says how something is to be, so saying it twice is harmless.</summary>
    public Task<Reply<T>> PatchAsync<T>(string path, byte[] json, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class
        => SendAsync(HttpMethod.Patch, path, json, idempotencyKey: null, type, repeatable: true, ct);

    private Task<Reply<T>> SendAsync<T>(HttpMethod method, string path, byte[]? json, string? idempotencyKey, JsonTypeInfo<T> type, bool repeatable, CancellationToken ct)
        where T : class
    {
        HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(method, path);
            if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = s_json } };
            if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
            return request;
        }

        return CallAsync(Request, repeatable, AnswerTimeout, answer => JsonSerializer.Deserialize(answer.Body, type), ct);
    }

    /// <summary>Opens an event stream; the caller disposes the response.</summary>
    public async Task<Reply<HttpResponseMessage>> OpenStreamAsync(string path, string? lastEventId, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var sent = await SendAsync(request, AnswerTimeout, ct);
        if (!sent.TryGet(out var response, out var failure)) return failure;
        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent) return response;
        using (response) return Faults.FromAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(ct), RetryAfter(response));
    }

    private async Task<Reply<T>> CallAsync<T>(
        Func<HttpRequestMessage> request, bool repeatable, TimeSpan timeout, Func<Answer, T?> parse, CancellationToken ct)
        where T : class
    {
        for (var tries = 1; ; tries++)
        {
            var (reply, again, asked) = await TryOnceAsync(request, timeout, parse, ct);
            if (!again || !repeatable || tries == Backoff.MaxTries) return reply;
            await Task.Delay(Backoff.Pause(tries, jitter(), asked), time, ct);
        }
    }

    private async Task<(Reply<T> Reply, bool Again, TimeSpan? Asked)> TryOnceAsync<T>(
        Func<HttpRequestMessage> make, TimeSpan timeout, Func<Answer, T?> parse, CancellationToken ct)
        where T : class
    {
        using var request = make();
        var sent = await SendAsync(request, timeout, ct);
        if (!sent.TryGet(out var response, out var failure)) return (failure, true, null);
        using (response)
        {
            var body = await ReadAsync(response, timeout, ct);
            if (body is null) return (Faults.Unreachable(Server, "the connection was cut in the middle of an answer"), true, null);
            if (!response.IsSuccessStatusCode)
            {
                var asked = RetryAfter(response);
                return (Faults.FromAnswer(response.StatusCode, body, asked), IsPassing(response.StatusCode), asked);
            }

            try
            {
                return (parse(new Answer((int)response.StatusCode, body)) is { } value ? value : default(Reply<T>), false, null);
            }
            catch (JsonException e)
            {
                var what = $"the answer to {request.Method} {request.RequestUri} is not what this rouse understands: {e.Message}";
                return (new Failure(ExitCode.ServerError, "BAD_ANSWER", what, "use a rouse of the server's version"), false, null);
            }
        }
    }

    private async Task<Reply<HttpResponseMessage>> SendAsync(HttpRequestMessage request, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var started = time.GetTimestamp();
        trace($"> {request.Method} {new Uri(Server, request.RequestUri!)}");
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var took = time.GetElapsedTime(started).TotalMilliseconds;
            trace(string.Create(CultureInfo.InvariantCulture, $"< {(int)response.StatusCode} after {took:0} ms"));
            return response;
        }
        catch (HttpRequestException e)
        {
            trace($"< {e.Message}");
            return Faults.Unreachable(Server, (e.InnerException ?? e).Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"no answer from {Server} within {timeout.TotalSeconds:0} s");
            return new Failure(ExitCode.Timeout, "NO_ANSWER", what, "it may have been done all the same: look with `rouse ls` before trying again");
        }
    }

    private async Task<string?> ReadAsync(HttpResponseMessage response, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await response.Content.ReadAsStringAsync(either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Answers that another try may turn into a good one; a conflict says that the first request with the same key still runs.</summary>
    private static bool IsPassing(HttpStatusCode status)
        => status is HttpStatusCode.Conflict or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            or HttpStatusCode.TooManyRequests;

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };
}
