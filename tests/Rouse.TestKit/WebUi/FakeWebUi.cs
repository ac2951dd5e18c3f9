using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.TestKit.WebUi;

/// <summary>
/// The API of the Automatic1111 WebUI v1.9.3 on a real socket: it checks types as FastAPI does, draws one job at a time, can be interrupted, and makes the
/// faults that a test scripts. Every request is kept.
/// </summary>
public sealed class FakeWebUi : IAsyncDisposable
{
    private const string Base = "/sdapi/v1/";

    private readonly WebUiState _state = new();
    private readonly WebUiDrawing _drawing;
    private readonly ConcurrentDictionary<HttpContext, bool> _open = new();
    private WebApplication? _app;
    private int _connections;
    private volatile bool _isDead;

    private FakeWebUi() => _drawing = new WebUiDrawing(Script, _state);

    /// <summary>Base of its API.</summary>
    public string Url => $"http://127.0.0.1:{Port}/sdapi/v1";

    public int Port { get; private set; }

    public WebUiScript Script { get; } = new();

    /// <summary>In the order of their coming: method, path and body.</summary>
    public ConcurrentQueue<WebUiRequest> Requests { get; } = new();

    public int Connections => Volatile.Read(ref _connections);

    public bool IsIdle => _state.JobCount == 0;

    /// <summary>Whether the newest job was interrupted.</summary>
    public bool WasInterrupted => _state.IsInterrupted;

    /// <summary>Paths of checkpoints and LoRAs in its folders; listed once it has been asked to refresh.</summary>
    public ConcurrentBag<string> Files { get; } = [];

    /// <summary>As <see cref="Files"/>, known since its start.</summary>
    public ConcurrentBag<string> Listed { get; } = ["/models/Stable-diffusion/v1-5-pruned-emaonly.safetensors"];

    public static async Task<FakeWebUi> StartAsync(int port = 0)
    {
        var webui = new FakeWebUi { Port = port };
        await webui.RiseAsync();
        return webui;
    }

    /// <summary>One that nobody reaches until <see cref="RiseAsync"/>.</summary>
    public static async Task<FakeWebUi> DownAsync()
    {
        var webui = await StartAsync();
        await webui.DieAsync();
        return webui;
    }

    public IReadOnlyList<WebUiRequest> Of(string method, string call) => [.. Requests.Where(request => request.Method == method && request.Call == call)];

    /// <summary>It serves, on the port of before where there was one.</summary>
    public async Task RiseAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{Port}");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(CountConnections);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        _isDead = false;
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        Port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <summary>At once, with every connection and what it was drawing.</summary>
    public async Task DieAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        // First: the listener goes on for a moment after the connections are cut.
        _isDead = true;
        foreach (var context in _open.Keys) context.Abort();
        _state.Interrupt();
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        _state.End();
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        _drawing.Dispose();
    }

    private void CountConnections(ListenOptions listen) => listen.Use(next => connection =>
    {
        Interlocked.Increment(ref _connections);
        return next(connection);
    });

    private async Task AnswerAsync(HttpContext context)
    {
        _open[context] = true;
        try
        {
            if (_isDead)
            {
                context.Abort();
                return;
            }

            var path = context.Request.Path.Value!;
            using var reader = new StreamReader(context.Request.Body);
            var request = new WebUiRequest(context.Request.Method, path.StartsWith(Base, StringComparison.Ordinal) ? path[Base.Length..] : "", await reader.ReadToEndAsync(), context.Request.Headers.Authorization.ToString());
            Requests.Enqueue(request);
            if (WebUiFields.Calls.ContainsKey(request.Call)) await DrawAsync(context, request);
            else await SmallAsync(context, request);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // Whoever asked has gone.
        }
        finally
        {
            _open.TryRemove(context, out _);
        }
    }

    private async Task DrawAsync(HttpContext context, WebUiRequest request)
    {
        if (Script.TakeMissing()) await SendAsync(context, 404, new { detail = "Not Found" });
        else if (request.Method != "POST") await SendAsync(context, 405, new { detail = "Method Not Allowed" });
        else if (Script.Statuses.TryDequeue(out var status)) context.Response.StatusCode = status;
        else if (Script.Answers.TryDequeue(out var answer)) await SendTextAsync(context, answer.Status, answer.Body);
        else if (Script.TakeDrop()) context.Abort();
        else await CheckAndDrawAsync(context, request);
    }

    private async Task CheckAndDrawAsync(HttpContext context, WebUiRequest request)
    {
        JsonDocument body;
        try
        {
            body = JsonDocument.Parse(request.Body);
        }
        catch (JsonException)
        {
            await SendAsync(context, 422, new { detail = new[] { new { loc = new object[] { "body", 0 }, msg = "Expecting value: line 1 column 1 (char 0)", type = "value_error.jsondecode" } } });
            return;
        }

        using (body)
        {
            var faults = FieldCheck.Run(request.Call, body.RootElement);
            var (status, answer) = faults.Count > 0 ? (422, new { detail = faults }) : await _drawing.RunAsync(request.Call, body.RootElement);
            await SendAsync(context, status, answer);
        }
    }

    private async Task SmallAsync(HttpContext context, WebUiRequest request)
    {
        if (Script.Hangs && request.Call is "progress" or "interrupt") await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        switch (request.Method, request.Call)
        {
            case ("GET", "sd-models") when Script.HealthStatus != 200:
                await SendAsync(context, Script.HealthStatus, new { detail = "Not Found" });
                break;
            case ("GET", "sd-models"):
                await SendAsync(context, 200, Listed.Where(static path => !IsLora(path)).Select(Checkpoint));
                break;
            case ("GET", "loras"):
                await SendAsync(context, 200, Listed.Where(IsLora).Select(static path => new { name = Path.GetFileNameWithoutExtension(path), alias = Path.GetFileNameWithoutExtension(path), path, metadata = new { } }));
                break;
            case ("GET", "embeddings"):
                await SendAsync(context, 200, new { loaded = new { }, skipped = new { } });
                break;
            case ("GET", "options"):
                await SendAsync(context, 200, new { sd_model_checkpoint = "v1-5-pruned-emaonly.safetensors", CLIP_stop_at_last_layers = 1 });
                break;
            case ("GET", "samplers"):
                await SendAsync(context, 200, WebUiFields.Samplers.Select(static name => new { name, aliases = Array.Empty<string>(), options = new { } }));
                break;
            case ("GET", "progress"):
                await SendAsync(context, 200, Progress());
                break;
            case ("POST", "interrupt"):
                _state.Interrupt();
                await SendAsync(context, 200, new { });
                break;
            case ("POST", "refresh-checkpoints"):
                (Script.MissingRoutes, Script.MissingRoutesAfterRefresh) = (Script.MissingRoutes + Script.MissingRoutesAfterRefresh, 0);
                await RefreshAsync(context, static path => !IsLora(path));
                break;
            case ("POST", "refresh-loras"):
                await RefreshAsync(context, IsLora);
                break;
            default:
                await SendAsync(context, 404, new { detail = "Not Found" });
                break;
        }
    }

    private Task RefreshAsync(HttpContext context, Func<string, bool> which)
    {
        foreach (var path in Files.Where(which).Except(Listed).ToList()) Listed.Add(path);
        return SendTextAsync(context, 200, "null");
    }

    private object Progress()
    {
        var (jobs, steps) = (_state.JobCount, _state.Steps);
        return new
        {
            progress = jobs > 0 && steps > 0 ? Math.Min(1, 0.01 + ((_state.JobNo + (_state.Step / (double)steps)) / jobs)) : jobs == 0 ? 0 : 0.01,
            eta_relative = 0d,
            state = new
            {
                skipped = false,
                interrupted = _state.IsInterrupted,
                stopping_generation = false,
                job = _state.Job,
                job_count = jobs,
                job_timestamp = "20300101000000",
                job_no = _state.JobNo,
                sampling_step = _state.Step,
                sampling_steps = steps,
            },
            current_image = (string?)null,
            textinfo = (string?)null,
        };
    }

    private static object Checkpoint(string path) => new
    {
        title = $"{Path.GetFileName(path)} [6ce0161689]",
        model_name = Path.GetFileNameWithoutExtension(path),
        hash = "6ce0161689",
        sha256 = (string?)null,
        filename = path,
        config = (string?)null,
    };

    private static bool IsLora(string path) => path.Contains("/lora", StringComparison.OrdinalIgnoreCase);

    private static Task SendAsync(HttpContext context, int status, object body) => SendTextAsync(context, status, JsonSerializer.Serialize(body));

    private static async Task SendTextAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }
}

/// <param name="Call">The path below the API's base, such as <c>txt2img</c>.</param>
public sealed record WebUiRequest(string Method, string Call, string Body, string Authorization);
