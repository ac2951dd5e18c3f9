using System.Text;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

/// <summary>Queued requests through a whole server, to a service that runs already.</summary>
public sealed class WholeServerTests
{
    [Fact]
    public async Task AQueuedRequest_IsSentToTheService_KeptOverARestart_AndCounted()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, """{"text":"hello"}"""));
        await using var server = await TestServer.StartAsync();
        var id = await server.DeployAsync($$$"""{"name":"tts","service":{"upstream":"{{{backend.Address.AbsoluteUri.TrimEnd('/')}}}"}}""");
        string? job = null;
        await Eventually.TrueAsync(async () =>
        {
            using var reply = await server.Http.PostAsync(new Uri("/api/process/tts?path=%2Fspeak", UriKind.Relative), new StringContent("hi", Encoding.UTF8, "text/plain"));
            if ((int)reply.StatusCode != 202) return false;
            job = System.Text.Json.JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement.GetProperty("job_id").GetString();
            return true;
        });
        await Eventually.TrueAsync(async () => (await server.SendAsync(HttpMethod.Get, $"/api/jobs/{job}")).Body.GetProperty("status").GetString() == "completed");
        Assert.Equal("RUNNING", (await server.SendAsync(HttpMethod.Get, $"/api/status/{id}")).Body.GetProperty("pod_status").GetString());
        await server.RestartAsync();

        var (status, result) = await server.SendAsync(HttpMethod.Get, $"/api/jobs/{job}/result");
        Assert.Equal((200, "hello"), (status, result.GetProperty("text").GetString()));
        Assert.Single(backend.Requests, seen => seen is { Method: "POST", Target: "/speak" });
        var (_, usage) = await server.SendAsync(HttpMethod.Get, $"/v1/deployments/{id}/usage");
        Assert.Equal((1, 1, 2), (usage.GetProperty("requests").GetInt32(), usage.GetProperty("status").GetProperty("ok").GetInt32(), usage.GetProperty("bytes_in").GetInt32()));
    }
}
