using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Outputs;

/// <summary>A real worker that puts its pictures away, and the interfaces over it that hand them out again.</summary>
public sealed class OutputDoorTests : IDisposable
{
    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");

    public OutputDoorTests() => TinyDiffusionModel.Write(_model, seed: 1);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);

    [Fact]
    public async Task Pictures_LieBesideTheAnswer_AndEveryDoorHasThem()
    {
        await using var server = await TestServer.StartAsync(static options => options with { Outputs = new OutputHostOptions { ByUrl = true } });
        var id = await server.DeployAsync($$"""{"model_path":"{{_model}}","name":"tiny"}""");

        var output = (await AskAsync(server, $"/v2/{id}/runsync?wait=60000", """{"input":{"prompt":"a lake","num_inference_steps":1,"width":64,"height":64,"seed":3,"num_images":2}}""")).GetProperty("output");
        var images = output.GetProperty("images").EnumerateArray().ToArray();
        Assert.Equal(2, images.Length);
        var picture = await server.Http.GetByteArrayAsync(output.GetProperty("image_url").GetString());
        Assert.Equal(images[0].GetProperty("sha256").GetString(), Maker.DigestOf(picture));
        Assert.False(output.TryGetProperty("image_base64", out _));

        const string order = """{"model":"tiny","prompt":"a lake","size":"64x64","steps":1,"seed":3,"response_format":"FORMAT"}""";
        var inline = (await AskAsync(server, "/openai/v1/images/generations", order.Replace("FORMAT", "b64_json", StringComparison.Ordinal))).GetProperty("data")[0];
        Assert.Equal(picture, inline.GetProperty("b64_json").GetBytesFromBase64());
        var linked = (await AskAsync(server, "/openai/v1/images/generations", order.Replace("FORMAT", "url", StringComparison.Ordinal))).GetProperty("data")[0];
        Assert.Equal(picture, await server.Http.GetByteArrayAsync(linked.GetProperty("url").GetString()));
        Assert.False(linked.TryGetProperty("b64_json", out _));
        var painted = await AskAsync(server, "/sdapi/v1/txt2img", """{"prompt":"a lake","steps":1,"width":64,"height":64,"seed":3}""");
        Assert.Equal(picture, painted.GetProperty("images")[0].GetBytesFromBase64());
    }

    [Fact]
    public async Task OpenAis_GetAUrl_AlsoOfAPictureThatCameInTheAnswer()
    {
        await using var server = await TestServer.StartAsync();
        await server.DeployAsync($$"""{"model_path":"{{_model}}","name":"tiny"}""");
        var linked = (await AskAsync(server, "/openai/v1/images/generations", """{"prompt":"a lake","size":"64x64","steps":1,"response_format":"url"}""")).GetProperty("data")[0];
        Assert.Equal((byte)'P', (await server.Http.GetByteArrayAsync(linked.GetProperty("url").GetString()))[1]);
    }

    private static async Task<JsonElement> AskAsync(TestServer server, string path, string json)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Post, path, json);
        Assert.True(status == 200, $"{path}: {status} {body}");
        return body;
    }
}
