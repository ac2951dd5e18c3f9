using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>Posts a finished job to the address its caller gave. Up to two retries, 10 s apart (docs.runpod.io serverless/endpoints/send-requests).</summary>
internal sealed class JobWebhooks(TimeProvider time) : IDisposable
{
    private const int Tries = 3;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Returns at once; a webhook that fails changes nothing about its job.</summary>
    public void Tell(string url, JsonObject job)
    {
        if (Uri.TryCreate(url, UriKind.Absolute, out var address)) _ = PostAsync(address, job, _ended.Token);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _http.Dispose();
    }

    private async Task PostAsync(Uri address, JsonObject job, CancellationToken ct)
    {
        try
        {
            for (var tries = 1; ; tries++)
            {
                if (await TryAsync(address, job, ct) || tries == Tries) return;
                await Task.Delay(Between, time, ct);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The fake has ended.
        }
    }

    private async Task<bool> TryAsync(Uri address, JsonObject job, CancellationToken ct)
    {
        try
        {
            using var response = await _http.PostAsJsonAsync(address, job, ct);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
