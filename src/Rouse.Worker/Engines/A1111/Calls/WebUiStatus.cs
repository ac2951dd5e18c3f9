using System.Text.Json;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>What <c>GET /progress</c> tells of the one job that a WebUI runs at a time.</summary>
/// <param name="IsBusy">Something is at work: its <c>job_count</c> is not 0 (it is −1 while a model is being loaded for it).</param>
/// <param name="Step">Steps done, over all batches.</param>
/// <param name="Steps">All steps; 0 while it is not known.</param>
internal readonly record struct WebUiStatus(bool IsBusy, int Step, int Steps)
{
    /// <summary>Without the picture as it is so far, which costs the WebUI a decode.</summary>
    private const string Path = "progress?skip_current_image=true";

    /// <returns>Null where there is no such answer.</returns>
    public static async Task<WebUiStatus?> AskAsync(WebUiClient webui, CancellationToken ct) =>
        await webui.LookAsync(HttpMethod.Get, Path, ct) is WebUiAnswer.Answered { Status: 200 } answer ? Parse(answer.Body) : null;

    private static WebUiStatus? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("state", out var state)) return null;
            var (jobs, job, step, steps) = (Number(state, "job_count"), Number(state, "job_no"), Number(state, "sampling_step"), Number(state, "sampling_steps"));
            return jobs > 0 && steps > 0
                ? new WebUiStatus(true, Math.Min((job * steps) + step, jobs * steps), jobs * steps)
                : new WebUiStatus(jobs != 0, 0, 0);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Numbers beyond ten thousand are none of a sampler's.</summary>
    private static int Number(JsonElement state, string name) =>
        state.ValueKind == JsonValueKind.Object && state.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? Math.Clamp(number, -1, 10_000)
            : 0;
}
