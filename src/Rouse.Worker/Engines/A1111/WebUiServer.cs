using System.Globalization;
using Rouse.Worker.Engines.A1111.Calls;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;

namespace Rouse.Worker.Engines.A1111;

/// <summary>
/// The WebUI as a server beside the worker: started by it, or by somebody else and then only watched. Whether it is up is asked in a way that costs no GPU
/// time: <c>GET /sd-models</c> must be 200.
/// </summary>
internal sealed class WebUiServer(A1111Settings settings, WebUiClient webui, WorkerLog log, Clock clock) : IAsyncDisposable
{
    public const string Health = "sd-models";

    /// <summary>Between two asks in the midst of a job whether it is back.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Between two asks whether one that is up still is. Jobs in flight notice by themselves; this is for those not yet taken.</summary>
    public static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(10);

    private SupervisedServer? _server;

    public Task<EngineException> Broken => _server?.Broken ?? EngineLife.Unbroken;

    /// <summary>Until it is up. To be called once, before anything is asked of it.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        // Not before: a model that had to be fetched first may have taken an hour, and the port somebody else.
        if (settings.FindsPort) webui.Api = new UriBuilder(webui.Api) { Port = Listeners.FreePort() }.Uri;
        var command = settings.Command is { } words ? words.With("port", webui.Api.Port.ToString(CultureInfo.InvariantCulture)) with { Address = webui.Api, HasFoundPort = settings.FindsPort } : null;
        var limits = new SupervisionLimits { StartLimit = settings.StartTimeout, ProbeTimeout = WebUiClient.LookTimeout, HealthInterval = HealthInterval };
        log.Info($"The WebUI is {(command is null ? "somebody else's" : "started")} at {webui.Api}.");
        _server = new SupervisedServer(command, "WebUI", AskAsync, limits, log, clock);
        await _server.StartAsync(ct);
    }

    public bool IsReady => _server is { IsReady: true };

    public ValueTask ReadyAsync(CancellationToken ct) => _server!.ReadyAsync(ct);

    /// <summary>Once it is up; null where somebody else runs it, who starts it again or not: then only trying tells.</summary>
    /// <exception cref="EngineException">It was given up.</exception>
    public async ValueTask<ServerLife?> LifeAsync(CancellationToken ct) => settings.Command is null ? null : await _server!.LifeAsync(ct);

    /// <summary>After a job has seen it gone: until it answers. Its supervisor may not have noticed yet.</summary>
    /// <exception cref="EngineException">It was given up.</exception>
    public async Task BackAsync(CancellationToken ct)
    {
        while (true)
        {
            await LifeAsync(ct);
            if (await AskAsync(ct) is null) return;
            await Task.Delay(Interval, clock.Time, ct);
        }
    }

    /// <summary>Whether it is up now: null when it is, else what it said instead.</summary>
    public async Task<string?> AskAsync(CancellationToken ct)
    {
        var answer = await webui.LookAsync(HttpMethod.Get, Health, ct);
        return answer.IsOk ? null
            : answer is WebUiAnswer.Answered { Status: var status, Body: var body } ? $"{Health} answered HTTP {status}, {WebUiError.Read(status, body).Words}"
            : answer.Words;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    private Task<string?> AskAsync(ServerLife life, CancellationToken ct) => AskAsync(ct);
}
