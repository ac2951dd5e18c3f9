using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Workers;

/// <summary>One life of a simulated worker.</summary>
internal sealed class SimulatedWorker : IRunningWorker
{
    /// <summary>After a poll that failed; a real worker asks again at once.</summary>
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(1);

    private readonly ContainerLaunch _launch;
    private readonly SimulatedPlan _plan;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ControlReports? _reports;

    public SimulatedWorker(ContainerLaunch launch, SimulatedPlan plan, TimeProvider time)
    {
        (_launch, _plan, _time) = (launch, plan, time);
        _reports = ControlReports.From(launch, _http, time);
        // Started here and not on the pool: its first timer exists before anybody moves the clock.
        Ended = RunAsync();
    }

    public Task<int> Ended { get; }

    public Task StopAsync(TimeSpan grace)
    {
        _stop.Cancel();
        return Task.CompletedTask;
    }

    private async Task<int> RunAsync()
    {
        try
        {
            return await LiveAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            _http.Dispose();
        }
    }

    private async Task<int> LiveAsync(CancellationToken ct)
    {
        if (_plan.Start > TimeSpan.Zero) await Task.Delay(_plan.Start, _time, ct);
        else await Task.Yield();
        switch (_plan.End)
        {
            case SimulatedEnd.Crashes:
                return 1;
            case SimulatedEnd.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct);
                break;
            case SimulatedEnd.ReportsFailure:
                await (_reports?.TellAsync("failed", ct, _plan.FailureCode, _plan.FailureMessage) ?? Task.FromResult(true));
                return 1;
        }

        foreach (var phase in new[] { "downloading_model", "loading_model", "warming", "ready" })
        {
            // Nobody wants this worker any more.
            if (_reports is not null && !await _reports.TellAsync(phase, ct, times: phase == "ready" ? Times() : null)) return 0;
        }

        if (!_launch.Environment.ContainsKey("RUNPOD_WEBHOOK_GET_JOB")) await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct);
        while (true)
        {
            if (await TakeAsync(ct) is { } job) await WorkAsync(job, ct);
        }
    }

    // Made up, as all of it is.
    private static JsonObject Times() => new() { ["downloading_model"] = 2.5, ["loading_model"] = 1.25, ["warming"] = 0.25, ["weights_from"] = "hub", ["bytes"] = 4096 };

    private async Task<JsonNode?> TakeAsync(CancellationToken ct)
    {
        try
        {
            var url = _launch.Environment["RUNPOD_WEBHOOK_GET_JOB"].Replace("$ID", _launch.Id, StringComparison.Ordinal) + "&job_in_progress=0";
            using var request = Authorized(HttpMethod.Get, url);
            using var response = await _http.SendAsync(request, ct);
            if (response.StatusCode == HttpStatusCode.OK) return await response.Content.ReadFromJsonAsync<JsonNode>(ct);
            if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.BadRequest) return null;
        }
        catch (HttpRequestException)
        {
            // As if refused: asks again after a while.
        }

        await Task.Delay(AfterFault, _time, ct);
        return null;
    }

    private async Task WorkAsync(JsonNode job, CancellationToken ct)
    {
        if (_plan.Job > TimeSpan.Zero) await Task.Delay(_plan.Job, _time, ct);
        var url = _launch.Environment["RUNPOD_WEBHOOK_POST_OUTPUT"].Replace("$RUNPOD_POD_ID", _launch.Id, StringComparison.Ordinal)
            .Replace("$ID", job.TextAt("id"), StringComparison.Ordinal) + "&isStream=false";
        var body = new JsonObject { ["output"] = new JsonObject { ["echo"] = job["input"]?.DeepClone() } }.ToJsonString();
        for (var tries = 0; tries < 3; tries++)
        {
            try
            {
                using var request = Authorized(HttpMethod.Post, url);
                request.Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
                using var response = await _http.SendAsync(request, ct);
                if ((int)response.StatusCode < 500) return;
            }
            catch (HttpRequestException)
            {
                // As if answered 5xx.
            }

            await Task.Delay(AfterFault, _time, ct);
        }
    }

    private HttpRequestMessage Authorized(HttpMethod method, string url)
    {
        var request = new HttpRequestMessage(method, url);
        if (_launch.Environment.TryGetValue("RUNPOD_AI_API_KEY", out var key) || _launch.Environment.TryGetValue("ROUSE_ATTEMPT_TOKEN", out key))
        {
            request.Headers.TryAddWithoutValidation("Authorization", key);
        }

        return request;
    }
}
