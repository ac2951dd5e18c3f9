using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.Draining;

/// <summary>Callers that never pause: reads, deployments, jobs that are queued and jobs that are waited for. Whatever is not answered well is written down.</summary>
internal sealed class Load(Balancer balancer) : IAsyncDisposable
{
    private const int Callers = 10;

    private readonly ConcurrentQueue<string> _lost = new();
    private readonly ConcurrentBag<string> _deployments = [];
    private readonly ConcurrentBag<string> _jobs = [];
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _answers = new(0);
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private Task _callers = Task.CompletedTask;
    private string _deployment = "";
    private int _answered;
    private int _keys;

    public IReadOnlyCollection<string> Lost => _lost;

    public async Task StartAsync()
    {
        _deployment = await DeployAsync() ?? throw new InvalidOperationException("Nothing can be deployed: " + string.Join('\n', _lost));
        _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(CallAsync));
    }

    /// <summary>Until this many more requests were answered.</summary>
    public async Task MoreAsync(int requests)
    {
        while (await _answers.WaitAsync(TimeSpan.Zero))
        {
            // What was answered before does not count.
        }

        for (var i = 0; i < requests; i++) Assert.True(await _answers.WaitAsync(TimeSpan.FromSeconds(60)), "The load has stopped: " + string.Join('\n', _lost));
    }

    /// <summary>Stops calling and looks after everything that was accepted.</summary>
    public async Task<string> EndAsync()
    {
        await _end.CancelAsync();
        await _callers;
        var seconds = TimeProvider.System.GetElapsedTime(_began).TotalSeconds;
        foreach (var job in _jobs) await Eventually.TrueAsync(async () => await StatusAsync($"/v2/{_deployment}/status/{job}") == "COMPLETED");
        foreach (var id in _deployments) Assert.NotNull(await StatusAsync($"/v1/deployments/{id}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"requests {_answered} ({_answered / seconds:0} per s, of {Callers} callers), deployments {_deployments.Count}, jobs {_jobs.Count}, lost {_lost.Count}");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _callers;
        _end.Dispose();
        _answers.Dispose();
    }

    private async Task CallAsync(int caller)
    {
        for (var turn = caller; !_end.IsCancellationRequested; turn++)
        {
            switch (turn % 20)
            {
                case 0 when _deployments.Count < 20:
                    await DeployAsync();
                    break;
                case 5 or 15:
                    if (await PostAsync($"/v2/{_deployment}/run", """{"input":{"prompt":"hills"}}""", "id") is { } queued) _jobs.Add(queued);
                    break;
                case 10:
                    if (await PostAsync($"/v2/{_deployment}/runsync?wait=5000", """{"input":{"prompt":"dunes"}}""", "id") is { } waited) _jobs.Add(waited);
                    break;
                default:
                    await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri($"/v1/deployments/{_deployment}", UriKind.Relative)));
                    break;
            }
        }
    }

    private async Task<string?> DeployAsync()
    {
        var id = await PostAsync("/v1/deployments", """{"hf_model_id":"org/name","gpu_tier":"A10"}""", "deployment_id");
        if (id is not null) _deployments.Add(id);
        return id;
    }

    private async Task<string?> PostAsync(string path, string body, string member)
    {
        var key = Interlocked.Increment(ref _keys).ToString(CultureInfo.InvariantCulture);
        var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"), Headers = { { "Idempotency-Key", key } },
        });
        return answer?.GetProperty(member).GetString();
    }

    private async Task<string?> StatusAsync(string path)
    {
        using var answer = await balancer.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative)));
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString() : null;
    }

    private async Task<JsonElement?> SendAsync(Func<HttpRequestMessage> make)
    {
        try
        {
            using var answer = await balancer.SendAsync(make);
            var body = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{(int)answer.StatusCode} {body}");
            Interlocked.Increment(ref _answered);
            return JsonDocument.Parse(body).RootElement;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException or JsonException)
        {
            using var request = make();
            _lost.Enqueue($"{request.Method} {request.RequestUri}: {error.Message} {error.InnerException?.Message}");
            return null;
        }
        finally
        {
            _answers.Release();
        }
    }
}
