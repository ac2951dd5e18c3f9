using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Tests;

/// <summary>A caller of the fake: one connection to each service, with a key.</summary>
internal sealed class Client : IDisposable
{
    private readonly HttpClient _management;
    private readonly HttpClient _jobs;

    public Client(FakeRunpodServer server, string key = FakeRunpodServer.Key)
    {
        _management = new HttpClient { BaseAddress = server.ManagementUrl };
        _jobs = new HttpClient { BaseAddress = new Uri(server.JobsUrl + "/") };
        _management.DefaultRequestHeaders.Authorization = _jobs.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public Task<Got> GetAsync(string path) => SendAsync(_management, HttpMethod.Get, path, null);

    public Task<Got> PostAsync(string path, JsonNode body) => SendAsync(_management, HttpMethod.Post, path, body);

    public Task<Got> PatchAsync(string path, JsonNode body) => SendAsync(_management, HttpMethod.Patch, path, body);

    public Task<Got> DeleteAsync(string path) => SendAsync(_management, HttpMethod.Delete, path, null);

    public Task<Got> JobAsync(HttpMethod method, string path, JsonNode? body = null) => SendAsync(_jobs, method, path, body);

    public Task<Got> RunAsync(string endpoint, JsonNode? policy = null) =>
        JobAsync(HttpMethod.Post, $"{endpoint}/run", new JsonObject { ["input"] = new JsonObject { ["prompt"] = "a cat" }, ["policy"] = policy });

    /// <summary>The id of an endpoint made with <see cref="Bodies.Endpoint"/>.</summary>
    public async Task<string> CreateEndpointAsync(Action<JsonObject>? change = null)
    {
        var got = await PostAsync("/v2/serverless", Bodies.Endpoint(change));
        Assert.Equal(HttpStatusCode.Created, got.Status);
        return (string)got.Body!["id"]!;
    }

    public void Dispose()
    {
        _management.Dispose();
        _jobs.Dispose();
    }

    private static async Task<Got> SendAsync(HttpClient http, HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new Got(response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), response.Headers);
    }
}

internal sealed record Got(HttpStatusCode Status, JsonNode? Body, HttpResponseHeaders Headers)
{
    public string Text(string member) => (string)Body![member]!;
}

internal static class Bodies
{
    public static JsonObject Endpoint(Action<JsonObject>? change = null)
    {
        var body = new JsonObject
        {
            ["name"] = "rouse-one",
            ["type"] = "QUEUE",
            ["image"] = "example/worker:1",
            ["scaling"] = new JsonObject { ["type"] = "QUEUE_DELAY", ["queueDelay"] = 1 },
            ["workers"] = new JsonObject { ["min"] = 0, ["max"] = 2, ["idleTimeout"] = 5 },
            ["gpu"] = new JsonObject { ["pools"] = new JsonArray("ADA_24") },
            ["env"] = new JsonObject { ["HF_MODEL_ID"] = "org/model" },
        };
        change?.Invoke(body);
        return body;
    }

    public static JsonObject Pod(Action<JsonObject>? change = null)
    {
        var body = new JsonObject
        {
            ["name"] = "rouse-pod",
            ["image"] = "example/worker:1",
            ["gpu"] = new JsonObject { ["id"] = "NVIDIA GeForce RTX 4090", ["count"] = 1 },
        };
        change?.Invoke(body);
        return body;
    }
}
