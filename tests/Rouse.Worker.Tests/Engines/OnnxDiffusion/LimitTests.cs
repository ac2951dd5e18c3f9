using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.OnnxDiffusion.Models;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

/// <summary>What a model cannot do on this machine is told, and neither a black picture nor the end of the worker.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task ADecoderThatOverflows_FailsTheJob_AndMakesNoBlackPicture()
    {
        var engine = await TinyEngine.WithAsync(("vae_decoder/config.json", "\"scaling_factor\":1e-44"));
        try
        {
            var fault = await Assert.ThrowsAsync<EngineException>(() => engine.OutputAsync("""{"prompt":"sea","width":64,"height":64,"num_inference_steps":1}"""));
            Assert.Equal("engine_failed", fault.Code);
            Assert.Contains("vae_decoder/model.onnx produced values that are not numbers", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task APictureWhoseAttentionTheMachineCannotHold_IsRefused_AndSmallerOnesRun()
    {
        var engine = await TinyEngine.WithAsync(("unet/config.json", "\"down_block_types\":[\"CrossAttnDownBlock2D\"],\"attention_head_dim\":8"));
        try
        {
            var result = await engine.Engine.RunAsync(new EngineJob("1", JsonElement.Parse("""{"prompt":"sea","width":1024,"height":1024}""")), JobEvents.Unheard, CancellationToken.None);
            var refused = Assert.IsType<EngineResult.Refused>(result);
            Assert.Equal("out_of_memory", refused.Code);
            Assert.Equal(
                "A picture of 1024 × 1024 takes 8.00 GiB for the model's attention alone, and the worker has 1.00 GiB. Ask for fewer pixels, or choose a larger machine.", refused.Message);
            await engine.OutputAsync("""{"prompt":"sea","width":256,"height":256,"num_inference_steps":1}""");
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    [Theory]
    // Stable Diffusion 1.5 and 2.1 at 512: 64 x 64 latents, 4,096 of them attend to each other.
    [InlineData("""{"down_block_types":["CrossAttnDownBlock2D"],"attention_head_dim":8}""", 8 * 4L * 4_096 * 4_096)]
    [InlineData("""{"down_block_types":["CrossAttnDownBlock2D"],"attention_head_dim":[5,10,20,20]}""", 5 * 4L * 4_096 * 4_096)]
    [InlineData("""{"down_block_types":["CrossAttnDownBlock2D"],"attention_head_dim":64,"num_attention_heads":4}""", 4 * 4L * 4_096 * 4_096)]
    [InlineData("""{"down_block_types":["DownBlock2D","CrossAttnDownBlock2D"],"attention_head_dim":8}""", 0)]
    [InlineData("""{"down_block_types":[],"attention_head_dim":"8"}""", 0)]
    [InlineData("""{"attention_head_dim":99999999}""", 0)]
    [InlineData("{}", 0)]
    public void Attention_GrowsWithTheSquareOfThePixels(string config, long bytes)
    {
        var folder = Directory.CreateTempSubdirectory("rouse-unet-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        var attention = Attention.Read(ConfigFile.Read(folder, "config.json"), numberSize: 4);
        Directory.Delete(folder, recursive: true);

        Assert.Equal(bytes, attention.Bytes(new LatentShape(4, 64, 64)));
        Assert.Equal(16 * bytes, attention.Bytes(new LatentShape(4, 128, 128)));
    }
}
