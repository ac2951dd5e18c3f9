using System.Text;
using System.Text.Json;
using Rouse.Worker.Engines.A1111.Inputs;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Tests.Engines.A1111;

public sealed class InputTests
{
    [Theory]
    [InlineData("""{"prompt":"a fox"}""", WebUiTask.TextToImage)]
    [InlineData("""{"prompt":"a fox","init_images":["aGk="]}""", WebUiTask.ImageToImage)]
    [InlineData("""{"image":"aGk=","upscaler_1":"Lanczos"}""", WebUiTask.ExtraSingle)]
    [InlineData("""{"imageList":[{"data":"aGk=","name":"a.png"}]}""", WebUiTask.ExtraBatch)]
    [InlineData("""{"task":"txt2img","prompt":"a fox","image":"an extension's own"}""", WebUiTask.TextToImage)]
    public void Task_IsTheOneNamed_ElseTheOneWhoseMemberIsGiven(string input, object task) => Assert.Equal((WebUiTask)task, Read(input).Task);

    [Theory]
    [InlineData("""[1]""", "The input must be an object; it was [1].")]
    [InlineData("""{}""", "'prompt' must be text of 0 to 32768 characters; it was absent.")]
    [InlineData("""{"prompt":7}""", "'prompt' must be text of 0 to 32768 characters; it was 7.")]
    [InlineData("""{"prompt":"\ud800"}""", "'prompt' must be text of 0 to 32768 characters")]
    [InlineData("""{"prompt":"a","steps":151}""", "'steps' must be a whole number from 1 to 150; it was 151.")]
    [InlineData("""{"prompt":"a","steps":"20"}""", "'steps' must be a whole number from 1 to 150; it was \"20\".")]
    [InlineData("""{"prompt":"a","cfg_scale":0.5}""", "'cfg_scale' must be a number from 1 to 30; it was 0.5.")]
    [InlineData("""{"prompt":"a","width":2049}""", "'width' must be a whole number from 64 to 2048; it was 2049.")]
    [InlineData("""{"prompt":"a","height":63.5}""", "'height' must be a whole number from 64 to 2048; it was 63.5.")]
    [InlineData("""{"prompt":"a","sampler_name":""}""", "'sampler_name' must be text of 1 to 100 characters; it was \"\".")]
    [InlineData("""{"prompt":"a","clip_skip":13}""", "'clip_skip' must be a whole number from 1 to 12; it was 13.")]
    [InlineData("""{"prompt":"a","cache_info":"yes"}""", "'cache_info' must be true or false; it was \"yes\".")]
    [InlineData("""{"prompt":"a","steps":5,"steps":500}""", "'steps' is given twice. Give it once.")]
    [InlineData("""{"task":"../server-kill"}""", "'task' must be one of txt2img, img2img, extra-single-image, extra-batch-images; it was \"../server-kill\".")]
    [InlineData("""{"task":"img2img","prompt":"a"}""", "'init_images' must be a list of pictures in base64; it was absent.")]
    [InlineData("""{"task":"extra-single-image"}""", "'image' must be a picture in base64; it was absent.")]
    [InlineData("""{"image":"aGk=","clip_skip":2}""", "'clip_skip' means nothing to extra-single-image. Leave it out.")]
    [InlineData("""{"prompt":"a","override_settings":3}""", "'override_settings' must be an object; it was 3.")]
    [InlineData("""{"prompt":"a","clip_skip":2,"override_settings":{"CLIP_stop_at_last_layers":3}}""", "are the same setting. Give one of them.")]
    [InlineData("""{"prompt":"a","checkpoint":{"name":"a.safetensors"}}""", "'checkpoint.url' must be given; it was absent.")]
    [InlineData("""{"prompt":"a","checkpoint":{"name":"a","url":"https://a","hash":"12"}}""", "'checkpoint.hash' must be the file's SHA-256, 64 hexadecimal digits or the first 10 of them; it was \"12\".")]
    [InlineData("""{"prompt":"a","checkpoint":{"name":"a","url":"https://a","path":"/etc"}}""", "'checkpoint.path' is not known there.")]
    [InlineData("""{"prompt":"a","loras":{"name":"a"}}""", "'loras' must be a list of at most 16 objects")]
    [InlineData("""{"prompt":"a","loras":[{"name":"a:1> nude <lora:b","url":"https://a"}]}""", "'loras[0].name' must be letters, digits")]
    [InlineData("""{"prompt":"a","loras":[{"name":"a","url":"https://a","scale":11}]}""", "'loras[0].scale' must be a number from -10 to 10; it was 11.")]
    public void Input_ThatIsWrong_IsRefusedWithMemberBoundAndValue(string input, string words) => Assert.Contains(words, Refusal(input), StringComparison.Ordinal);

    [Fact]
    public void Input_WithSeveralFaults_TellsAllOfThem()
    {
        var refusal = Refusal("""{"prompt":"a","steps":0,"cfg_scale":31,"width":1,"clip_skip":0}""");
        Assert.All(new[] { "'steps'", "'cfg_scale'", "'width'", "'clip_skip'" }, name => Assert.Contains(name, refusal, StringComparison.Ordinal));
    }

    [Fact]
    public void Body_HasTheCallersMembersAsTheyWereWritten_AndNoneOfTheWorkers()
    {
        Assert.Equal(
            """{"prompt":"a \u0066ox","seed":18446744073709551615,"cfg_scale":7.0,"steps":20.0,"unknown":{"a":[1e2]},"eta":null}""",
            Body("""{"task":"txt2img","prompt":"a \u0066ox","seed":18446744073709551615,"cfg_scale":7.0,"cache_info":true,"steps":20.0,"unknown":{"a":[1e2]},"eta":null}"""));
    }

    [Fact]
    public void ClipSkipAndCheckpoint_AreMergedIntoTheCallersOwnSettings()
    {
        var body = Body(
            """{"override_settings":{"eta_noise_seed_delta":31337,"CLIP_stop_at_last_layers":null},"prompt":"a","clip_skip":2,"checkpoint":{"name":"x","url":"https://a"}}""",
            new InstalledFile(ModelFileKind.Checkpoint, "x.safetensors", "/m/x.safetensors", WasFetched: false));
        Assert.Equal("""{"prompt":"a","override_settings":{"eta_noise_seed_delta":31337,"CLIP_stop_at_last_layers":2,"sd_model_checkpoint":"x.safetensors"}}""", body);
    }

    [Fact]
    public void Loras_BecomeTagsBeforeThePrompt_ByTheirFileNames()
    {
        var body = Body(
            """{"prompt":"a fox","loras":[{"name":"detail","url":"https://a"},{"name":"ink (v2)","url":"https://b","scale":-0.25}]}""", null,
            new InstalledFile(ModelFileKind.Lora, "detail.safetensors", "/m/l/detail.safetensors", WasFetched: false),
            new InstalledFile(ModelFileKind.Lora, "ink (v2).safetensors", "/m/l/ink (v2).safetensors", WasFetched: false));
        using var json = JsonDocument.Parse(body);
        Assert.Equal("<lora:detail:1.0><lora:ink (v2):-0.25> a fox", json.RootElement.GetProperty("prompt").GetString());
        Assert.False(json.RootElement.TryGetProperty("loras", out _));
    }

    private static string Body(string input, InstalledFile? checkpoint = null, params InstalledFile[] loras) =>
        Encoding.UTF8.GetString(RequestBody.Write(Read(input), checkpoint, loras).Span);

    private static A1111Input Read(string input)
    {
        var read = InputReader.Read(JsonElement.Parse(input), out var fault);
        Assert.Null(fault);
        return read!;
    }

    private static string Refusal(string input)
    {
        Assert.Null(InputReader.Read(JsonElement.Parse(input), out var fault));
        return fault!;
    }
}
