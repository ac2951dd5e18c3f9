using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>kill -9 of the real server and of real workers: what was accepted goes on and ends once, and nothing is left running.</summary>
public sealed class KillTests : IDisposable
{
    private const string Job = """{"input":{"prompt":"hills in the morning","num_inference_steps":40,"seed":3,"width":256,"height":256}}""";
    private readonly Cli _cli = new();
    private readonly int _port = FreePort();
    private readonly HttpClient _http;
    private readonly string _model;
    private ChildProgram? _server;

    public KillTests()
    {
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}"), Timeout = TimeSpan.FromSeconds(100) };
        _model = Path.Combine(_cli.Folder, "model");
        TinyDiffusionModel.Write(_model, seed: 1);
    }

    public void Dispose()
    {
        _server?.Dispose();
        _http.Dispose();
        _cli.Dispose();
    }

    [Fact]
    public async Task KilledServer_GoesOnWithEveryAcceptedDeploymentAndJob()
    {
        await StartAsync();
        var id = await DeployAsync();
        await KillAndStartAsync();
        await Eventually.TrueAsync(async () => await StatusAsync(id) is "creating_endpoint" or "loading_model" or "ready");
        await KillAndStartAsync();
        await Eventually.TrueAsync(async () => await StatusAsync(id) == "ready");

        List<string> jobs = [];
        for (var i = 0; i < 6; i++) jobs.Add((await SendAsync(HttpMethod.Post, $"/v2/{id}/run", Job)).GetProperty("id").GetString()!);
        await Eventually.TrueAsync(async () => await JobAsync(id, jobs[0]) == "COMPLETED");
        await KillAndStartAsync();
        foreach (var job in jobs) await Eventually.TrueAsync(async () => await JobAsync(id, job) == "COMPLETED");
        var health = (await SendAsync(HttpMethod.Get, $"/v2/{id}/health")).GetProperty("jobs");
        Assert.Equal((6, 0), (health.GetProperty("completed").GetInt32(), health.GetProperty("failed").GetInt32()));

        using (await _http.DeleteAsync(new Uri($"/v1/deployments/{id}", UriKind.Relative)))
        {
            await KillAndStartAsync();
        }

        await Eventually.TrueAsync(async () => await StatusAsync(id) == "deleted");
        await EndAsync();
    }

    [Fact]
    public async Task KilledWorker_LosesNoJob_AndTheJobEndsOnce()
    {
        await StartAsync();
        var id = await DeployAsync();
        await Eventually.TrueAsync(async () => await StatusAsync(id) == "ready");
        var job = (await SendAsync(HttpMethod.Post, $"/v2/{id}/run", """{"input":{"prompt":"a long one","num_inference_steps":150,"width":1024,"height":1024,"seed":1}}"""))
            .GetProperty("id").GetString()!;
        await Eventually.TrueAsync(async () => await JobAsync(id, job) == "IN_PROGRESS");
        foreach (var worker in Workers(id)) await KillAsync(worker);

        await Eventually.TrueAsync(async () => await JobAsync(id, job) is "COMPLETED" or "FAILED");
        var ended = await SendAsync(HttpMethod.Get, $"/v2/{id}/status/{job}");
        Assert.Equal("COMPLETED", ended.GetProperty("status").GetString());
        Assert.Equal(1, ended.GetProperty("retries").GetInt32());
        await EndAsync();
    }

    private async Task<string> DeployAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/deployments")
        {
            Content = new StringContent($$"""{"model_path":"{{_model}}"}""", Encoding.UTF8, "application/json"),
        };
        using var response = await _http.SendAsync(request);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    private async Task<string?> StatusAsync(string id) => (await SendAsync(HttpMethod.Get, $"/v1/deployments/{id}")).GetProperty("status").GetString();

    private async Task<string?> JobAsync(string id, string job) => (await SendAsync(HttpMethod.Get, $"/v2/{id}/status/{job}")).GetProperty("status").GetString();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task StartAsync()
    {
        _server = ChildProgram.Start(_cli.Folder, "serve", "--port", _port.ToString(CultureInfo.InvariantCulture), "--data", "data", "--quiet");
        await _server.Out.HearAsync("\n");
    }

    private async Task KillAndStartAsync()
    {
        await _server!.SendAsync("KILL");
        await _server.EndAsync();
        _server.Dispose();
        await StartAsync();
    }

    private async Task EndAsync()
    {
        await _server!.SendAsync("TERM");
        await _server.EndAsync();
        Assert.Empty(ChildProgram.StillRunning(_cli.Folder));
    }

    private IEnumerable<int> Workers(string id) => ChildProgram.StillRunning(_cli.Folder)
        .Where(process => File.ReadAllText(Path.Combine(process, "environ")).Contains("ROUSE_DEPLOYMENT_ID=" + id, StringComparison.Ordinal))
        .Select(process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));

    private static async Task KillAsync(int pid)
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-KILL", pid.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
