using System.Text.Json;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>A caller of <c>/v2</c> cannot tell what is behind a deployment: workers on this machine, pods that ask us for jobs, or an endpoint with a queue of its own.</summary>
public sealed class EveryBackendTests : IAsyncLifetime
{
    private const string Lake = """{"input":{"prompt":"a lake","num_inference_steps":1,"width":64,"height":64}}""";
    private RunpodBench _bench = null!;

    public async Task InitializeAsync() => _bench = await RunpodBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("local")]
    [InlineData("runpod")]
    [InlineData("runpod-pods")]
    public async Task EveryOperation_IsServed(string provider)
    {
        var id = await _bench.DeployAsync($""","provider":"{provider}" """);
        // Queued while it still starts.
        var first = Id(await AskAsync(HttpMethod.Post, id, "run", Lake, "IN_QUEUE"));
        await _bench.UntilAsync(id, "ready");
        await Eventually.TrueAsync(async () => await WordAsync(id, first) == "COMPLETED");
        var second = await AskAsync(HttpMethod.Post, id, "runsync?wait=60000", Lake, "COMPLETED");
        Assert.Equal(JsonValueKind.Object, second.GetProperty("output").ValueKind);
        Assert.True(second.TryGetProperty("delayTime", out _) && second.TryGetProperty("executionTime", out _));

        Assert.Equal("COMPLETED", (await AskAsync(HttpMethod.Get, id, "stream/" + first, null, "COMPLETED")).GetProperty("status").GetString());
        await AskAsync(HttpMethod.Post, id, "cancel/" + first, null, "COMPLETED");
        var (status, refused) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/retry/{first}");
        Assert.Equal((409, "JOB_NOT_RETRYABLE"), (status, refused.GetProperty("code").GetString()));
        (status, var purged) = await _bench.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/purge-queue");
        Assert.Equal((200, 0), (status, purged.GetProperty("removed").GetInt32()));
        (status, var health) = await _bench.Server.SendAsync(HttpMethod.Get, $"/v2/{id}/health");
        Assert.Equal((200, 2, 0), (status, health.GetProperty("jobs").GetProperty("completed").GetInt32(), health.GetProperty("jobs").GetProperty("inQueue").GetInt32()));
        // Whoever knows of the workers: they asked us for jobs, or their provider shows them.
        Assert.True(health.GetProperty("workers").EnumerateObject().Sum(count => count.Value.GetInt32()) > 0, health.ToString());
    }

    private async Task<string?> WordAsync(string id, string job) =>
        (await _bench.Server.SendAsync(HttpMethod.Get, $"/v2/{id}/status/{job}")).Body.GetProperty("status").GetString();

    private async Task<JsonElement> AskAsync(HttpMethod method, string id, string path, string? json, string expected)
    {
        var (status, body) = await _bench.Server.SendAsync(method, $"/v2/{id}/{path}", json);
        Assert.True(status == 200 && body.GetProperty("status").GetString() == expected, $"{path}: {status} {body}");
        return body;
    }

    private static string Id(JsonElement job) => job.GetProperty("id").GetString()!;
}
