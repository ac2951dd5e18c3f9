using System.Text;
using System.Text.Json;
using Rouse.Chaos.Server;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;

namespace Rouse.Chaos;

/// <summary>
/// One deployment's life through several kills: deployed, ready, a job done, deleted. Each time the server was killed it is started again, and the
/// caller asks again with the same key, as callers do. At the end nothing may be left, lost or made twice.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    /// <summary>For one whole life; only ends a failing run.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-chaos-").FullName;
    private readonly List<string> _points;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private FakeHub _hub = null!;
    private FakeRunpodServer _runpod = null!;
    private ChaosServer _server = null!;
    private int _deletedByOthers;

    private ChaosRun(IEnumerable<string> points) => _points = [.. points];

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Kills that happened.</summary>
    public int Kills { get; private set; }

    /// <param name="points">Each ends the server once, in the order in which this life comes by them.</param>
    /// <param name="database">A PostgreSQL connection string, or empty.</param>
    /// <returns>What was broken, or null.</returns>
    public static async Task<string?> ExecuteAsync(IReadOnlyList<string> points, string database = "", Action<int>? killed = null)
    {
        await using var run = new ChaosRun(points);
        try
        {
            await run.OpenAsync(points, database);
            var broken = await run.LiveAsync() ?? run.CheckEnd();
            killed?.Invoke(run.Kills);
            return broken is null && run._points.Count > 0 ? $"no life comes by {string.Join(", ", run._points)}" : broken;
        }
        catch (TimeoutException late)
        {
            return late.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _runpod.DisposeAsync();
        await _hub.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task OpenAsync(IReadOnlyList<string> points, string database)
    {
        var model = Path.Combine(_folder, "model");
        TinyDiffusionModel.Write(model, seed: 1);
        var repository = new FakeRepository("org/tiny");
        foreach (var file in Directory.EnumerateFiles(model, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(model, file), await File.ReadAllBytesAsync(file)));
        }

        _hub = await FakeHub.StartAsync(repository);
        _runpod = await FakeRunpodServer.StartAsync();
        _runpod.Script.ListLag = TimeSpan.FromSeconds(0.2);
        Arrange(points);
        string[] addresses = [_runpod.ManagementUrl.ToString(), _runpod.JobsUrl.ToString(), FakeRunpodServer.Key, _hub.Endpoint];
        _server = new ChaosServer(Data, addresses, database.Length == 0 ? [] : [database]);
        await StartAsync();
    }

    /// <summary>What must go wrong at Runpod for a life to come by certain points.</summary>
    private void Arrange(IReadOnlyList<string> points)
    {
        if (points.Any(point => point.StartsWith("store.record-refusal", StringComparison.Ordinal)))
        {
            _runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST", "/v2/serverless") { Status = 400, Detail = "There are no instances currently available." });
        }

        // What it waits for is told however slow this machine is; a want of capacity is told only where it is seen before patience ends.
        if (points.Any(point => point.StartsWith("store.note", StringComparison.Ordinal)))
        {
            _runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "GET", "/v2/catalog/gpus") { Times = 2 });
        }

        // The catalogue promises what is not there, so the first offer's workers stay throttled.
        if (points.Any(point => point.StartsWith("store.give-up", StringComparison.Ordinal)))
        {
            _runpod.SetStock("AMPERE_16", stock => (stock.Capacity, stock.Level) = (0, "HIGH"));
        }
    }

    private async Task<string?> LiveAsync()
    {
        var deployed = await SendAsync(HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/tiny","workers":{"scaler_value":0.5}}""", "the-deployment");
        var id = deployed.GetProperty("deployment_id").GetString()!;
        var ready = await UntilAsync($"/v1/deployments/{id}", view => Text(view, "status") is "ready" or "failed");
        if (Text(ready, "status") != "ready") return $"the deployment failed: {Text(ready, "error")}";
        if (_points.Any(point => point.StartsWith("store.forget", StringComparison.Ordinal)))
        {
            // As somebody would at Runpod's console: the deployment is to come back by itself.
            _runpod.DeleteEndpoint(Text(ready, "backend_id")!);
            _deletedByOthers = 1;
            var attempt = ready.GetProperty("attempt").GetInt32();
            await UntilAsync($"/v1/deployments/{id}", view => Text(view, "status") == "ready" && view.GetProperty("attempt").GetInt32() > attempt);
        }

        if (_points.Any(point => point.StartsWith("store.record-scaling", StringComparison.Ordinal) || point.StartsWith("provider.scale", StringComparison.Ordinal)))
        {
            _runpod.EditEndpoint(Text(ready, "backend_id")!, settings => settings["workers"]!["max"] = 0);
            await UntilAsync($"/v1/deployments/{id}", _ => _runpod.Endpoints() is [{ WorkersMax: 1 }] && !_points.Any(point => point.Contains("scaling", StringComparison.Ordinal)));
        }

        var job = Text(await SendAsync(HttpMethod.Post, $"/v2/{id}/run", """{"input":{"prompt":"hills"}}""", "the-job"), "id");
        var ended = await UntilAsync($"/v2/{id}/status/{job}", view => Text(view, "status") is not ("IN_QUEUE" or "IN_PROGRESS"));
        if (Text(ended, "status") != "COMPLETED") return $"the accepted job ended {ended}";

        await SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}");
        await UntilAsync($"/v1/deployments/{id}", view => Text(view, "status") == "deleted" && Text(view, "resources_released_at") is not null);
        // A kill after the last write finds nothing left to do, and may come just after it was told.
        for (var looks = 0; looks < 100 && _points.Count > 0; looks++) await TendAsync();
        return null;
    }

    private string? CheckEnd()
    {
        var alive = _runpod.Endpoints().Count;
        if (alive > 0) return $"{alive} endpoints live after the delete";
        // What others deleted is not among our calls.
        var most = MostAlive() - _deletedByOthers;
        return most > 1 ? $"{most} endpoints lived at once" : null;
    }

    /// <summary>By what Runpod did, whoever heard its answers.</summary>
    private int MostAlive()
    {
        var (alive, most) = (0, 0);
        foreach (var call in _runpod.Calls.Where(call => call.Plane == CallPlane.Management && call.Path.StartsWith("/v2/serverless", StringComparison.Ordinal)))
        {
            if (call is { Method: "POST", Path: "/v2/serverless", Status: 201 or 0 }) most = Math.Max(most, ++alive);
            if (call is { Method: "DELETE", Status: 204 }) alive--;
        }

        return most;
    }

    /// <summary>Sends until it is answered; the key makes it one request.</summary>
    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json = null, string? key = null)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(method, new Uri(_server.Address, path));
                if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
                if (key is not null) request.Headers.Add("Idempotency-Key", key);
                using var response = await _http.SendAsync(request);
                var text = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode) return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
                throw new InvalidOperationException($"{method} {path} was answered {(int)response.StatusCode}: {text}");
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException or System.Net.Sockets.SocketException or TaskCanceledException)
            {
                await TendAsync();
            }
        }
    }

    private async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> expected)
    {
        while (true)
        {
            var view = await SendAsync(HttpMethod.Get, path);
            if (expected(view)) return view;
            if (IsLate()) throw new TimeoutException($"after {Kills} kills it stays: {view}");
            await TendAsync();
        }
    }

    /// <summary>Starts the server again if its crash point ended it.</summary>
    private async Task TendAsync()
    {
        if (_server.HasEnded)
        {
            if (_server.ExitCode != 137) throw new InvalidOperationException($"the server ended by itself with {_server.ExitCode}");
            Kills++;
            _points.Remove(await File.ReadAllTextAsync(ServerProgram.CrashFile(Data)));
            await StartAsync();
        }

        if (IsLate()) throw new TimeoutException($"after {Kills} kills nothing answers");
        await Task.Delay(s_look, TimeProvider.System);
    }

    private Task StartAsync() => _server.StartAsync(_points);

    private bool IsLate() => TimeProvider.System.GetElapsedTime(_began) > s_limit;

    private static string? Text(JsonElement view, string member) => view.TryGetProperty(member, out var value) ? value.GetString() : null;
}
