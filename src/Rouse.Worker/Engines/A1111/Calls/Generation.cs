using System.Globalization;
using System.Text.Json;
using Rouse.Worker.Engines.A1111.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>
/// One job at the WebUI, until there is an answer to pass on or a reason why there is none.
/// <code>
/// POST ─▶ 200 JSON ────────────────────────────▶ the job's output, byte for byte
///   ├───▶ 502 503 504, no connection ──────────▶ again, eleven times in all
///   ├───▶ 404 without the WebUI's own words ───▶ looks after the route, three times, then again
///   ├───▶ other 4xx, its own refusals ─────────▶ Refused
///   ├───▶ connection lost ─▶ is it alive? ─ yes ▶ what it still works on is interrupted, then again
///   │                                     └ no ─▶ waits for it to be back, then again, once
///   └───▶ cancelled ───────────────────────────▶ interrupted
/// </code>
/// </summary>
internal sealed class Generation(WebUiClient webui, WebUiServer server, Interruption interruption, RouteRecovery recovery, WorkerLog log, Clock clock)
{
    /// <summary>A picture that brings the WebUI down twice would bring it down again.</summary>
    public const int MaxDeaths = 1;

    /// <param name="ct">Ends with the job, or with its time.</param>
    /// <exception cref="EngineException">The WebUI failed.</exception>
    public async Task<EngineResult> RunAsync(string job, WebUiTask task, ReadOnlyMemory<byte> body, Action<EngineProgress> tell, CancellationToken ct)
    {
        var (failures, looks, deaths) = (0, 0, 0);
        while (true)
        {
            var life = await server.LifeAsync(ct);
            var answer = await PostAsync(job, task, body, tell, life, ct);
            string why;
            switch (answer)
            {
                case WebUiAnswer.Answered { Status: >= 200 and < 300 } done:
                    return Passed(done);
                case WebUiAnswer.Answered passing when RetryPlan.IsPassing(passing.Status):
                    // Whoever gave up waiting for the WebUI may have done so while it draws.
                    await EndLeftoverAsync(job, passing.Words, ct);
                    why = passing.Words;
                    break;
                case WebUiAnswer.Answered other:
                    var error = WebUiError.Read(other.Status, other.Body);
                    if (!error.IsNoRoute) return Judge(error);
                    looks = await LookAgainAsync(task, looks, ct);
                    continue;
                case WebUiAnswer.Lost lost:
                    var isDead = await IsDeadAsync(life, ct);
                    if (isDead && ++deaths > MaxDeaths) throw Died(lost);
                    if (isDead) await WaitUntilBackAsync(job, lost, ct);
                    // One that only seemed dead, or lost no more than a connection, would draw the same picture twice at a time.
                    await EndLeftoverAsync(job, "its connection was lost", ct);
                    if (isDead) continue;
                    why = lost.Why;
                    break;
                case WebUiAnswer.TooLarge:
                    throw new EngineException(EngineFault.EngineFailed, $"The WebUI gave {answer.Words}. Ask for fewer or smaller pictures.");
                default:
                    why = answer.Words;
                    break;
            }

            if (++failures > RetryPlan.Retries) throw GaveUp(why);
            log.Warning($"Job {job}: the WebUI did not take it ({why}); attempt {failures} of {RetryPlan.Retries + 1} failed.");
            await Task.Delay(RetryPlan.Pause(failures), clock.Time, ct);
        }
    }

    private async Task<WebUiAnswer> PostAsync(string job, WebUiTask task, ReadOnlyMemory<byte> body, Action<EngineProgress> tell, ServerLife? life, CancellationToken ct)
    {
        await using var progress = new ProgressWatch(webui, tell, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, life?.Ended ?? CancellationToken.None);
        try
        {
            return await webui.PostAsync(task.Word(), body, either.Token);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await interruption.RunAsync(job, "it was cancelled or its time was over");
            throw;
        }
        catch (OperationCanceledException)
        {
            return new WebUiAnswer.Lost("the WebUI died");
        }
    }

    private async Task<bool> IsDeadAsync(ServerLife? life, CancellationToken ct) =>
        life is { Ended.IsCancellationRequested: true } || !(await webui.LookAsync(HttpMethod.Get, WebUiServer.Health, ct)).IsOk;

    /// <summary>Before a job is sent again: what the WebUI still works on has nobody to wait for it.</summary>
    private async Task EndLeftoverAsync(string job, string why, CancellationToken ct)
    {
        if (await WebUiStatus.AskAsync(webui, ct) is { IsBusy: true }) await interruption.RunAsync(job, why);
    }

    private async Task WaitUntilBackAsync(string job, WebUiAnswer.Lost lost, CancellationToken ct)
    {
        log.Warning($"Job {job}: the WebUI went away in the midst of it ({lost.Why}). It is run once more when the WebUI is back.");
        await server.BackAsync(ct);
    }

    /// <returns>Looks so far.</returns>
    private async Task<int> LookAgainAsync(WebUiTask task, int looks, CancellationToken ct)
    {
        var missing = "it answers 404 again";
        while (looks < RouteRecovery.Attempts)
        {
            missing = await recovery.LookAsync(task, ++looks, ct);
            if (missing is null) return looks;
        }

        throw new EngineException(
            A1111Fault.Unreachable,
            $"The WebUI at {webui.Api} has no route {task.Word()} (HTTP 404) after {RouteRecovery.Attempts} looks {RouteRecovery.Pause.TotalSeconds:0} s apart: {missing}. "
            + "Start it with --api, and read its log.");
    }

    private static EngineResult.Completed Passed(WebUiAnswer.Answered answer)
    {
        try
        {
            var json = new Utf8JsonReader(answer.Body.Span);
            while (json.Read())
            {
                // Read to its end: what is passed on must be one whole value.
            }

            return new EngineResult.Completed(answer.Body);
        }
        catch (JsonException fault)
        {
            throw new EngineException(EngineFault.EngineFailed, $"The WebUI answered HTTP {answer.Status} with something that is no JSON ({fault.Message}).", fault);
        }
    }

    private static EngineResult.Refused Judge(WebUiError error)
    {
        var words = $"The WebUI refused the job (HTTP {error.Status}): {error.Words}";
        if (error.IsOutOfMemory)
            throw new EngineException(EngineFault.OutOfMemory, $"{words} Ask for a smaller picture or batch, or start the WebUI with --medvram.");
        if (error.IsCallers) return new EngineResult.Refused(EngineFault.InvalidInput, words);
        throw new EngineException(EngineFault.EngineFailed, $"The WebUI failed (HTTP {error.Status}): {error.Words}");
    }

    private EngineException GaveUp(string why) => new(
        A1111Fault.Unreachable,
        string.Create(CultureInfo.InvariantCulture, $"The WebUI at {webui.Api} did not take the job in {RetryPlan.Retries + 1} attempts; the last: {why}."));

    private static EngineException Died(WebUiAnswer.Lost lost) =>
        new(EngineFault.EngineFailed, $"The WebUI died twice while it worked on this job ({lost.Why}). Ask for a smaller picture or batch, and read its last lines in the worker's log.");
}
