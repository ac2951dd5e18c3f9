using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Doors;

/// <summary>Other programs' words, answered by a real model: a server, its worker processes, a model made by code.</summary>
public sealed class DoorTests : IAsyncLifetime
{
    private const string Images = "/openai/v1/images/generations";
    private const string Diffusion = "/sdapi/v1/txt2img";
    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        TinyDiffusionModel.Write(_model, seed: 1);
        _server = await TestServer.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);
    }

    [Fact]
    public async Task OpenAis_AreHeldThroughTheStart_AndGetPictures()
    {
        var id = await _server.DeployAsync($$"""{"model_path":"{{_model}}","name":"tiny"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, Images) { Content = Json("""{"model":"tiny","prompt":"a lake","size":"64x64","steps":2,"seed":7,"quality":"hd","user":"u"}""") };
        using var response = await _server.Http.SendAsync(request);
        var reply = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.True((int)response.StatusCode == 200, reply.ToString());
        Assert.Equal(("true", "0"), (response.Headers.GetValues("X-Rouse-Cold-Start").Single(), response.Headers.GetValues("X-Rouse-Queue-Position").Single()));
        Assert.True(int.Parse(response.Headers.GetValues("X-Rouse-Expected-Wait-Seconds").Single(), System.Globalization.CultureInfo.InvariantCulture) > 0);
        var picture = Assert.Single(reply.GetProperty("data").EnumerateArray());
        Assert.True(IsPng(picture.GetProperty("b64_json")));
        Assert.Equal(7, picture.GetProperty("seed").GetInt64());
        Assert.True(reply.GetProperty("created").GetInt64() > 0);

        // More than one job's worth; the third of them is the same by its own seed, whoever names the deployment how.
        var (status, many) = await _server.SendAsync(HttpMethod.Post, Images, $$"""{"model":"{{id}}","prompt":"a lake","n":5,"size":"64x64","steps":2,"seed":5,"response_format":"b64_json"}""");
        Assert.True(status == 200, many.ToString());
        var all = many.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal([5L, 6, 7, 8, 9], all.Select(one => one.GetProperty("seed").GetInt64()));
        Assert.Equal(picture.GetProperty("b64_json").GetString(), all[2].GetProperty("b64_json").GetString());

        var (_, list) = await _server.SendAsync(HttpMethod.Get, "/openai/v1/models");
        var entry = Assert.Single(list.GetProperty("data").EnumerateArray());
        Assert.Equal(("list", "tiny", "model", id), (list.GetProperty("object").GetString(), entry.GetProperty("id").GetString(), entry.GetProperty("object").GetString(), entry.GetProperty("deployment_id").GetString()));
        Assert.Equal(id, (await _server.SendAsync(HttpMethod.Get, "/openai/v1/models/tiny")).Body.GetProperty("deployment_id").GetString());
    }

    [Fact]
    public async Task Automatic1111s_WakeWhatSleeps_AndGetPicturesAndTheirSettings()
    {
        var id = await _server.DeployAsync($$"""{"model_path":"{{_model}}","name":"tiny","workers":{"min":0,"idle_timeout_seconds":1} }""");
        await Eventually.TrueAsync(async () => (await _server.GetAsync(id)).Status == "ready");
        await Eventually.TrueAsync(async () =>
            (await _server.SendAsync(HttpMethod.Get, $"/v2/{id}/health")).Body.GetProperty("workers").EnumerateObject().All(count => count.Value.GetInt32() == 0));
        const string body = """
            {"prompt":"a lake","negative_prompt":"boats","steps":2,"cfg_scale":3,"width":64,"height":64,"seed":-1,"sampler_name":"Euler a","batch_size":2,"n_iter":1,
             "enable_hr":false,"alwayson_scripts":{},"override_settings":{"sd_model_checkpoint":"tiny"},"override_settings_restore_afterwards":true}
            """;
        var (status, reply) = await _server.SendAsync(HttpMethod.Post, Diffusion, body);
        Assert.True(status == 200, reply.ToString());
        Assert.Equal(2, reply.GetProperty("images").EnumerateArray().Count(IsPng));
        var parameters = reply.GetProperty("parameters");
        Assert.Equal((-1, 2, "Euler a", 64), (parameters.GetProperty("seed").GetInt64(), parameters.GetProperty("steps").GetInt32(), parameters.GetProperty("sampler_name").GetString(), parameters.GetProperty("width").GetInt32()));
        var info = JsonDocument.Parse(reply.GetProperty("info").GetString()!).RootElement;
        var seeds = info.GetProperty("all_seeds").EnumerateArray().Select(seed => seed.GetInt64()).ToList();
        Assert.Equal(seeds[0] + 1, seeds[1]);
        Assert.Contains("Negative prompt: boats", info.GetProperty("infotexts")[0].GetString(), StringComparison.Ordinal);

        // The same by the seed that was told, without a name: it is the only deployment.
        var again = $$"""{"prompt":"a lake","negative_prompt":"boats","steps":2,"cfg_scale":3,"width":64,"height":64,"seed":{{seeds[1]}},"sampler_index":"euler A"}""";
        (status, var second) = await _server.SendAsync(HttpMethod.Post, Diffusion, again);
        Assert.True(status == 200, second.ToString());
        Assert.Equal(reply.GetProperty("images")[1].GetString(), second.GetProperty("images")[0].GetString());
        var checkpoints = (await _server.SendAsync(HttpMethod.Get, "/sdapi/v1/sd-models")).Body;
        Assert.Equal("tiny", Assert.Single(checkpoints.EnumerateArray()).GetProperty("title").GetString());

        // What only the model itself knows is told in the door's words, too.
        (status, var refused) = await _server.SendAsync(HttpMethod.Post, Diffusion, """{"prompt":"a lake","steps":150,"sampler_name":"LCM"}""");
        Assert.True(status == 422 && refused.GetProperty("detail").GetString()!.Contains("num_inference_steps", StringComparison.Ordinal), $"{status} {refused}");
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private static bool IsPng(JsonElement base64) => base64.GetBytesFromBase64() is [0x89, (byte)'P', (byte)'N', (byte)'G', ..];
}
