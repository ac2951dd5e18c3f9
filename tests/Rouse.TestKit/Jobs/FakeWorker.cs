using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Rouse.TestKit.Jobs;

/// <summary>A worker that speaks the job plane's protocol as runpod-python 1.12.0 does: its URLs, its headers, its untrue content type.</summary>
/// <param name="http">Its base address is the server.</param>
/// <param name="deployment">Whose jobs.</param>
/// <param name="name">Its own name.</param>
/// <param name="token">Sent raw as <c>Authorization</c>.</param>
public sealed class FakeWorker(HttpClient http, string deployment, string name, string token)
{
    private const string Gpu = "?gpu=NVIDIA+GeForce+RTX+4090";

    /// <summary>One <c>job-take</c>: the job, or null when there was none.</summary>
    /// <exception cref="HttpRequestException">Any answer but 200 and 204.</exception>
    public async Task<TakenByWorker?> TakeAsync(CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Get, $"job-take/{name}{Gpu}&job_in_progress=0", body: null, ct);
        response.EnsureSuccessStatusCode();
        if (response.StatusCode == HttpStatusCode.NoContent) return null;
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
        return TakenByWorker.From(document.RootElement);
    }

    /// <summary>Asks until there is a job, as a worker does.</summary>
    public async Task<TakenByWorker> TakeNextAsync(CancellationToken ct = default)
    {
        while (true)
        {
            if (await TakeAsync(ct) is { } job) return job;
        }
    }

    public async Task<IReadOnlyList<TakenByWorker>> TakeBatchAsync(int size, CancellationToken ct = default)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"job-take-batch/{name}{Gpu}&batch_size={size}&job_in_progress=0");
        using var response = await SendAsync(HttpMethod.Get, query, body: null, ct);
        response.EnsureSuccessStatusCode();
        if (response.StatusCode == HttpStatusCode.NoContent) return [];
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
        return [.. document.RootElement.EnumerateArray().Select(TakenByWorker.From)];
    }

    /// <summary>Posts a body to <c>job-done</c>; answers the status.</summary>
    public async Task<HttpStatusCode> DoneAsync(string job, string body, bool isStream = false, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Post, $"job-done/{name}/{job}{Gpu}&isStream={(isStream ? "true" : "false")}", body, ct);
        return response.StatusCode;
    }

    /// <param name="job">Whose item it is.</param>
    /// <param name="body">The item in its envelope.</param>
    /// <param name="ct">Drops the request.</param>
    /// <param name="part">Which it is, where the worker counts.</param>
    public async Task<HttpStatusCode> StreamAsync(string job, string body, CancellationToken ct = default, int? part = null)
    {
        using var response = await SendAsync(HttpMethod.Post, $"job-stream/{name}/{job}{Gpu}&isStream=false", body, ct, part);
        return response.StatusCode;
    }

    public async Task<HttpStatusCode> PingAsync(string running = "", string more = "", CancellationToken ct = default)
    {
        var jobs = running.Length > 0 ? $"&job_id={running}" : "";
        using var response = await SendAsync(HttpMethod.Get, $"ping/{name}{Gpu}{jobs}{more}&runpod_version=1.12.0", body: null, ct);
        return response.StatusCode;
    }

    /// <summary>One <c>job-stop</c> poll: the ids to stop, none when it ran out.</summary>
    public async Task<IReadOnlyList<string>> StopsAsync(CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Get, $"job-stop/{name}{Gpu}", body: null, ct);
        response.EnsureSuccessStatusCode();
        if (response.StatusCode == HttpStatusCode.NoContent) return [];
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
        return [.. document.RootElement.GetProperty("jobsToStop").EnumerateArray().Select(id => id.GetString()!)];
    }

    /// <summary>Sends a request as the SDK would; for what the other members do not cover.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, CancellationToken ct, int? part = null)
    {
        using var request = new HttpRequestMessage(method, $"v2/{deployment}/{path}");
        request.Headers.TryAddWithoutValidation("Authorization", token);
        request.Headers.TryAddWithoutValidation("User-Agent", "RunPod-Python-SDK/1.12.0 (Linux; x86_64) Language/Python 3.11.2");
        if (part is { } number) request.Headers.TryAddWithoutValidation("X-Rouse-Part", number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded");
            request.Headers.TryAddWithoutValidation("charset", "utf-8");
        }

        return await http.SendAsync(request, ct);
    }
}

/// <param name="Id">The job.</param>
/// <param name="Input">Its input as it came.</param>
/// <param name="Body">All the worker got.</param>
public sealed record TakenByWorker(string Id, string Input, JsonElement Body)
{
    public static TakenByWorker From(JsonElement job) => new(job.GetProperty("id").GetString()!, job.GetProperty("input").GetRawText(), job.Clone());
}
