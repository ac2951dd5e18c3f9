using System.Text.Json;
using Rouse.Worker.Engines.A1111.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>
/// What is done when the WebUI has no such route: it answers so while it puts its API together, at a start and after some extensions reload it. Nothing is
/// drawn to find out: a route that exists answers 405 to a GET.
/// </summary>
internal sealed class RouteRecovery(WebUiClient webui, WorkerLog log, Clock clock)
{
    public const int Attempts = 3;

    /// <summary>Before each attempt.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private const int MethodNotAllowed = 405;

    /// <summary>Waits, then looks at service, models and route.</summary>
    /// <returns>What is still missing; null when the job may be sent again.</returns>
    public async Task<string?> LookAsync(WebUiTask task, int attempt, CancellationToken ct)
    {
        await Task.Delay(Pause, clock.Time, ct);
        var missing = await MissingAsync(task, ct);
        log.Warning($"The WebUI had no route {task.Word()}; look {attempt} of {Attempts}: {missing ?? "all is there now, the job is sent again"}.");
        return missing;
    }

    private async Task<string?> MissingAsync(WebUiTask task, CancellationToken ct)
    {
        var models = await webui.LookAsync(HttpMethod.Get, WebUiServer.Health, ct);
        if (!models.IsOk) return $"its service does not answer ({models.Words})";
        if (task.Generates() && !IsList(models)) return "it lists no model";
        var options = await webui.LookAsync(HttpMethod.Get, "options", ct);
        if (!options.IsOk) return $"its settings cannot be read ({options.Words})";
        var route = await webui.LookAsync(HttpMethod.Get, task.Word(), ct);
        return route is WebUiAnswer.Answered { Status: MethodNotAllowed } ? null : $"the route is not there ({route.Words})";
    }

    private static bool IsList(WebUiAnswer models)
    {
        try
        {
            using var document = JsonDocument.Parse(((WebUiAnswer.Answered)models).Body);
            return document.RootElement.ValueKind == JsonValueKind.Array && document.RootElement.GetArrayLength() > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
