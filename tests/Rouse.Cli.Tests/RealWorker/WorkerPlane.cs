using System.Globalization;
using System.Text;
using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.RealWorker;

/// <summary>A job plane that runs the worker's own program with the tiny model: callers cannot tell which it is, and nor can the worker.</summary>
public abstract class WorkerPlane : IAsyncLifetime
{
    protected HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>In the environment of every process of this plane, and of no other.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("rouse-plane-").FullName;

    protected string Model => Path.Combine(Folder, "model");

    /// <summary>Of the job API, with the deployment or endpoint: <c>…/v2/{id}/</c>.</summary>
    protected abstract Uri Jobs { get; }

    public abstract Task StopAsync();

    protected abstract Task StartAsync();

    public async Task InitializeAsync()
    {
        TinyDiffusionModel.Write(Model, seed: 1);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
        await Eventually.TrueAsync(() => ChildProgram.StillRunning(Folder).Count == 0);
        Directory.Delete(Folder, recursive: true);
    }

    public async Task<JsonElement> PostAsync(string route, string json) => await SendAsync(HttpMethod.Post, new Uri(Jobs, route), json);

    public async Task<JsonElement> StatusAsync(string job) => await SendAsync(HttpMethod.Get, new Uri(Jobs, $"status/{job}"));

    public async Task<string> RunAsync(string json) => (await PostAsync("run", json)).GetProperty("id").GetString()!;

    public Task RunsAsync(string job) => Eventually.TrueAsync(async () => (await StatusAsync(job)).GetProperty("status").GetString() == "IN_PROGRESS");

    /// <summary>Its status once it has ended.</summary>
    public async Task<JsonElement> EndAsync(string job)
    {
        JsonElement status = default;
        await Eventually.TrueAsync(async () => (status = await StatusAsync(job)).GetProperty("status").GetString() is not ("IN_QUEUE" or "IN_PROGRESS"));
        return status;
    }

    /// <summary>The process ids of the workers themselves, without the shells that see to their end.</summary>
    public IReadOnlyList<int> Workers() =>
        [.. ChildProgram.StillRunning(Folder).Where(IsWorker).Select(static process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture))];

    /// <param name="name"><c>TERM</c> or <c>KILL</c>, to every worker there is.</param>
    public async Task SignalAsync(string name)
    {
        foreach (var worker in Workers())
        {
            using var kill = System.Diagnostics.Process.Start("kill", ["-" + name, worker.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }
    }

    protected async Task<JsonElement> SendAsync(HttpMethod method, Uri url, string? json = null)
    {
        using var request = new HttpRequestMessage(method, url) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static bool IsWorker(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0') is [var program, var dll, ..]
                && Path.GetFileName(program) == "dotnet" && Path.GetFileName(dll) == "Rouse.Worker.dll";
        }
        catch (IOException)
        {
            return false;
        }
    }
}

/// <summary>Rouse's own server, as a process, with its workers on this machine.</summary>
public sealed class RousePlane : WorkerPlane
{
    private ChildProgram? _server;
    private Uri? _jobs;

    protected override Uri Jobs => _jobs!;

    public override async Task StopAsync()
    {
        if (_server is null) return;
        await _server.SendAsync("TERM");
        await _server.EndAsync();
        _server.Dispose();
    }

    protected override async Task StartAsync()
    {
        var port = FreePort();
        _server = ChildProgram.Start(Folder, "serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", "data", "--quiet");
        await _server.Out.HearAsync("\n");
        var deployments = new Uri($"http://127.0.0.1:{port}/v1/deployments/");
        var id = (await SendAsync(HttpMethod.Post, new Uri($"http://127.0.0.1:{port}/v1/deployments"), $$"""{"model_path":"{{Model}}"}""")).GetProperty("deployment_id").GetString();
        await Eventually.TrueAsync(async () => (await SendAsync(HttpMethod.Get, new Uri(deployments, id))).GetProperty("status").GetString() == "ready");
        _jobs = new Uri($"http://127.0.0.1:{port}/v2/{id}/");
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Runpod as its fake speaks it: an endpoint that scales from zero, whose containers are processes.</summary>
public sealed class RunpodPlane : WorkerPlane
{
    private FakeRunpodServer? _runpod;
    private Uri? _jobs;

    protected override Uri Jobs => _jobs!;

    public override async Task StopAsync()
    {
        if (_runpod is not null) await _runpod.DisposeAsync();
    }

    protected override async Task StartAsync()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll");
        var machine = Environment.GetEnvironmentVariable("ROUSE_ONNXRUNTIME") is { } library ? new Dictionary<string, string> { ["ROUSE_ONNXRUNTIME"] = library } : [];
        var workers = new ProcessWorkers(Environment.ProcessPath!, [program], TimeProvider.System) { Machine = machine };
        _runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = workers });
        Http.DefaultRequestHeaders.Authorization = new("Bearer", FakeRunpodServer.Key);
        var endpoint = await SendAsync(HttpMethod.Post, new Uri(_runpod.ManagementUrl, "/v2/serverless"), $$"""
            {
              "name": "rouse-one", "type": "QUEUE", "image": "example/worker:1", "gpu": { "pools": ["ADA_24"] }, "env": { "ROUSE_MODEL_PATH": "{{Model}}" },
              "scaling": { "type": "QUEUE_DELAY", "queueDelay": 0.5 }, "workers": { "min": 0, "max": 1, "idleTimeout": 60 }
            }
            """);
        _jobs = new Uri($"{_runpod.JobsUrl}/{endpoint.GetProperty("id").GetString()}/");
    }
}
