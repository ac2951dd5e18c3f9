using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.Draining;

/// <summary>SIGTERM at the real program: what it says, what it still does, and in what order it ends.</summary>
public sealed class StopTests : IDisposable
{
    private readonly Cli _cli = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };

    public void Dispose()
    {
        _http.Dispose();
        _cli.Dispose();
    }

    [Fact]
    public async Task ToldToStop_FailsReadiness_GoesOnAnswering_AndEndsHeldRequestsInGoodOrder()
    {
        using var server = await ServeAsync(drainSeconds: "3");
        var id = await DeployAsync();
        var held = _http.PostAsync($"/v2/{id}/runsync", Json("""{"input":{"prompt":"one"}}"""));
        using var stream = await _http.GetAsync($"/v1/deployments/{id}/logs/stream", HttpCompletionOption.ResponseHeadersRead);
        await Eventually.TrueAsync(async () => (await JobsAsync(id)) == 1);

        await server.SendAsync("TERM");
        await Eventually.TrueAsync(async () =>
        {
            using var ready = await _http.GetAsync("/readiness");
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable && (await ready.Content.ReadAsStringAsync()).Contains("\"STOPPING\"", StringComparison.Ordinal);
        });
        using (var health = await _http.GetAsync("/health"))
        {
            Assert.Equal((HttpStatusCode.OK, true), (health.StatusCode, health.Headers.ConnectionClose));
        }

        using var late = await _http.PostAsync($"/v2/{id}/run", Json("""{"input":{"prompt":"two"}}"""));
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        Assert.False(held.IsCompleted);

        using var ended = await held;
        Assert.Equal("IN_QUEUE", (await ended.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString());
        await stream.Content.CopyToAsync(Stream.Null);
        Assert.Equal(ExitCode.Ok, (await server.EndAsync()).Exit);

        using var next = await ServeAsync(drainSeconds: "0");
        Assert.Equal(2, await JobsAsync(id));
    }

    [Fact]
    public async Task ToldTwice_EndsAtOnce()
    {
        using var server = await ServeAsync(drainSeconds: "600");
        await server.SendAsync("TERM");
        await Eventually.TrueAsync(async () =>
        {
            using var ready = await _http.GetAsync("/readiness");
            return !ready.IsSuccessStatusCode;
        });
        var before = Stopwatch.GetTimestamp();
        await server.SendAsync("TERM");
        Assert.NotEqual(ExitCode.Ok, (await server.EndAsync()).Exit);
        Assert.True(Stopwatch.GetElapsedTime(before) < TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData("ROUSE_DRAIN_DELAY_SECONDS", "soon")]
    [InlineData("ROUSE_SHUTDOWN_TIMEOUT_SECONDS", "-1")]
    [InlineData("ROUSE_DRAIN_DELAY_SECONDS", "3601")]
    [InlineData("ROUSE_PUBLIC_URL", "rouse.example.com")]
    [InlineData("ROUSE_ROOT_PATH", "deployapi")]
    [InlineData("ROUSE_ROOT_PATH", "/a//b")]
    public async Task AVariableThatCannotBeRead_IsNamed_AndNothingStarts(string name, string value)
    {
        var ended = await _cli.With(name, value).RunAsync("serve", "--port", "0", "--data", "data");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains(name == "ROUSE_ROOT_PATH" ? "root path" : name, ended.Error, StringComparison.Ordinal);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task<ChildProgram> ServeAsync(string drainSeconds)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HF_ENDPOINT"] = "http://127.0.0.1:1", ["ROUSE_DRAIN_DELAY_SECONDS"] = drainSeconds };
        var server = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", _http.BaseAddress?.Port.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "0", "--data", "data", "--quiet");
        await server.Out.HearAsync("\n");
        _http.BaseAddress ??= new Uri(server.Out.ToString().Trim());
        return server;
    }

    /// <summary>A deployment that waits for its hub and takes jobs meanwhile.</summary>
    private async Task<string> DeployAsync()
    {
        using var answer = await _http.PostAsync("/v1/deployments", Json("""{"hf_model_id":"org/name"}"""));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("deployment_id").GetString()!;
    }

    private async Task<int> JobsAsync(string id) =>
        (await _http.GetFromJsonAsync<JsonElement>($"/v2/{id}/health")).GetProperty("jobs").GetProperty("inQueue").GetInt32();
}
