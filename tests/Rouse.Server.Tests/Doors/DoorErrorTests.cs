using System.Text.Json;
using Rouse.Core.Ports;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Doors;

/// <summary>What the doors refuse, in whose words, and what becomes of a job that nobody waits for. Nothing here ever starts.</summary>
public sealed class DoorErrorTests : IAsyncLifetime
{
    private const string Images = "/openai/v1/images/generations";
    private const string Diffusion = "/sdapi/v1/txt2img";
    private const string Alice = "alice-key-0123456789";
    private const string Bob = "bob-key-0123456789ab";
    private TestServer _server = null!;
    private string _lake = "";
    private string _hill = "";

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(options => options with
        {
            Worker = "/there/is/no/worker.dll", ApiKeys = $"alice={Alice},bob={Bob}",
            Rewire = ports => ports with { Access = (_, _) => throw new ProviderException(ProviderFault.RateLimited, "Not in this test.") },
        });
        _lake = await DeployAsync("lake");
        _hill = await DeployAsync("hill");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("""{"model":"lake"}""", 400, "invalid_value", "prompt")]
    [InlineData("""{"model":"lake","prompt":""}""", 400, "invalid_value", "prompt")]
    [InlineData("""{"model":"lake","prompt":"x","n":11}""", 400, "invalid_value", "n")]
    [InlineData("""{"model":"lake","prompt":"x","n":"2"}""", 400, "invalid_value", "n")]
    [InlineData("""{"model":"lake","prompt":"x","size":"65x64"}""", 400, "invalid_value", "size")]
    [InlineData("""{"model":"lake","prompt":"x","size":"2048x2048"}""", 400, "invalid_value", "size")]
    [InlineData("""{"model":"lake","prompt":"x","size":"big"}""", 400, "invalid_value", "size")]
    [InlineData("""{"model":"lake","prompt":"x","response_format":"tiff"}""", 400, "invalid_value", "response_format")]
    [InlineData("""{"model":"lake","prompt":"x","stream":true}""", 400, "invalid_value", "stream")]
    [InlineData("""{"model":"lake","prompt":"x","seed":9007199254740991,"n":2}""", 400, "invalid_value", "seed")]
    [InlineData("""{"model":"lake","prompt":"x","scheduler":"heun"}""", 400, "invalid_value", "scheduler")]
    [InlineData("""{"model":"lake","prompt":"x","colour":"red"}""", 400, "unknown_parameter", null)]
    [InlineData("""{"model":"lake","prompt":"\ud800"}""", 400, "invalid_value", "prompt")]
    [InlineData("""{"model":"lake","prompt":"x","prompt":"y"}""", 400, "invalid_json", null)]
    [InlineData("[]", 400, "invalid_json", null)]
    [InlineData("""{"model":"sea","prompt":"x"}""", 404, "model_not_found", "model")]
    [InlineData("""{"model":"org/name","prompt":"x"}""", 400, "model_ambiguous", "model")]
    [InlineData("""{"prompt":"x"}""", 400, "model_ambiguous", "model")]
    public async Task OpenAis_AreToldInItsShape_AndNothingIsQueued(string body, int status, string code, string? member)
    {
        var (given, reply) = await AskAsync(Alice, HttpMethod.Post, Images, body);
        var error = reply.GetProperty("error");
        Assert.Equal((status, code, member), (given, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
        if (code == "model_ambiguous") Assert.All([_lake, _hill], id => Assert.Contains(id, error.GetProperty("message").GetString(), StringComparison.Ordinal));
        Assert.Equal(0, await QueuedAsync(_lake) + await QueuedAsync(_hill));
    }

    [Theory]
    [InlineData("{}", 422, "prompt")]
    [InlineData("not json", 422, "JSON")]
    [InlineData("""{"prompt":"x","steps":0}""", 422, "steps")]
    [InlineData("""{"prompt":"x","cfg_scale":31}""", 422, "cfg_scale")]
    [InlineData("""{"prompt":"x","width":63}""", 422, "width")]
    [InlineData("""{"prompt":"x","seed":-2}""", 422, "seed")]
    [InlineData("""{"prompt":"x","batch_size":8,"n_iter":2}""", 422, "n_iter")]
    [InlineData("""{"prompt":"x","sampler_name":"DPM++ 2M Karras"}""", 422, "Euler a, DDIM")]
    [InlineData("""{"prompt":"x","enable_hr":true}""", 422, "enable_hr")]
    [InlineData("""{"prompt":"x","alwayson_scripts":{"controlnet":{"args":[]}}}""", 422, "alwayson_scripts")]
    [InlineData("""{"prompt":"x","override_settings":[]}""", 422, "override_settings")]
    [InlineData("""{"prompt":"x","override_settings":{"sd_model_checkpoint":7}}""", 422, "sd_model_checkpoint")]
    [InlineData("""{"prompt":"x","override_settings":{"sd_model_checkpoint":"sea"}}""", 404, "sd_model_checkpoint")]
    [InlineData("""{"prompt":"x"}""", 400, "sd_model_checkpoint")]
    public async Task Automatic1111s_AreToldInItsShape_AndNothingIsQueued(string body, int status, string named)
    {
        var (given, reply) = await AskAsync(Alice, HttpMethod.Post, Diffusion, body);
        Assert.True(status == given, $"{given} {reply}");
        Assert.Contains(named, reply.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.All(["error", "body", "errors"], name => Assert.Equal(JsonValueKind.String, reply.GetProperty(name).ValueKind));
        Assert.Equal(0, await QueuedAsync(_lake) + await QueuedAsync(_hill));
    }

    [Fact]
    public async Task WhatIsRefusedBeforeTheDoor_IsInItsShapeToo()
    {
        var (status, reply) = await AskAsync("x", HttpMethod.Get, "/openai/v1/models");
        Assert.Equal((401, "authentication_error", "invalid_api_key"), (status, reply.GetProperty("error").GetProperty("type").GetString(), reply.GetProperty("error").GetProperty("code").GetString()));
        (status, reply) = await AskAsync(Alice, HttpMethod.Get, "/openai/v1/chat/completions");
        Assert.Equal((404, "not_found"), (status, reply.GetProperty("error").GetProperty("code").GetString()));
        (status, reply) = await AskAsync(Alice, HttpMethod.Delete, Diffusion);
        Assert.Equal((405, "METHOD_NOT_ALLOWED"), (status, reply.GetProperty("error").GetString()));
        // Elsewhere it stays what it is.
        Assert.Equal("NOT_FOUND", (await AskAsync(Alice, HttpMethod.Get, "/v1/nothing")).Body.GetProperty("code").GetString());
    }

    [Fact]
    public async Task AnotherTenantsDeployments_AreNamedByNobodyElse()
    {
        foreach (var word in new[] { _lake, "lake", "org/name" })
        {
            Assert.Equal(404, (await AskAsync(Bob, HttpMethod.Post, Images, $$"""{"model":"{{word}}","prompt":"x"}""")).Status);
            Assert.Equal(404, (await AskAsync(Bob, HttpMethod.Post, Diffusion, $$$"""{"prompt":"x","override_settings":{"sd_model_checkpoint":"{{{word}}}"}}""")).Status);
            Assert.Equal(404, (await AskAsync(Bob, HttpMethod.Get, "/openai/v1/models/" + word)).Status);
        }

        // Nor by being the only ones there are.
        Assert.Equal(404, (await AskAsync(Bob, HttpMethod.Post, Images, """{"prompt":"x"}""")).Status);
        Assert.Empty((await AskAsync(Bob, HttpMethod.Get, "/openai/v1/models")).Body.GetProperty("data").EnumerateArray());
        Assert.Empty((await AskAsync(Bob, HttpMethod.Get, "/sdapi/v1/sd-models")).Body.EnumerateArray());
        Assert.Equal(2, (await AskAsync(Alice, HttpMethod.Get, "/sdapi/v1/sd-models")).Body.GetArrayLength());
    }

    [Fact]
    public async Task CallerThatLeaves_TakesItsJobsBack()
    {
        using var leaves = new CancellationTokenSource();
        using var request = Request(Alice, HttpMethod.Post, Images, """{"model":"lake","prompt":"x","n":9}""");
        var asked = _server.Http.SendAsync(request, leaves.Token);
        await Eventually.TrueAsync(async () => await QueuedAsync(_lake) == 3);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Eventually.TrueAsync(async () => await QueuedAsync(_lake) == 0);
    }

    [Fact]
    public async Task CallerThatWaitsNoLonger_IsToldWhen_AndItsJobIsTakenBack()
    {
        using var request = Request(Alice, HttpMethod.Post, Diffusion, """{"prompt":"x","override_settings":{"sd_model_checkpoint":"hill"}}""");
        request.Headers.TryAddWithoutValidation("Prefer", "respond-sync, wait=1");
        using var response = await _server.Http.SendAsync(request);
        Assert.Equal(504, (int)response.StatusCode);
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal("true", response.Headers.GetValues("X-Rouse-Cold-Start").Single());
        Assert.Equal(0, await QueuedAsync(_hill));
    }

    private async Task<string> DeployAsync(string name)
    {
        var (status, body) = await AskAsync(Alice, HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"org/name","name":"{{name}}"}""");
        Assert.True(status == 202, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    private async Task<int> QueuedAsync(string id) =>
        (await AskAsync(Alice, HttpMethod.Get, $"/v2/{id}/health")).Body.GetProperty("jobs").GetProperty("inQueue").GetInt32();

    private async Task<(int Status, JsonElement Body)> AskAsync(string key, HttpMethod method, string path, string? json = null)
    {
        using var request = Request(key, method, path, json);
        using var response = await _server.Http.SendAsync(request);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private static HttpRequestMessage Request(string key, HttpMethod method, string path, string? json)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        return request;
    }
}
