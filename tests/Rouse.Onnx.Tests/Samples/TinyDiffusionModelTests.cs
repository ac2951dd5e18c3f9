using Rouse.Onnx.Runtime;
using Rouse.Onnx.Samples.TinyDiffusion;

namespace Rouse.Onnx.Tests.Samples;

public sealed class TinyDiffusionModelTests
{
    private const long MaxBytes = 5_000_000;

    [Fact]
    public void Write_TwiceWithOneSeed_WritesTheSameBytes()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        TinyDiffusionModel.Write(first.Path, seed: 3);
        TinyDiffusionModel.Write(second.Path, seed: 3);
        foreach (var name in Names(first)) Assert.Equal(File.ReadAllBytes(first.File(name)), File.ReadAllBytes(second.File(name)));
        Assert.Equal(Names(first), Names(second));
    }

    [Fact]
    public void Write_WithAnotherSeed_WritesOtherWeights()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        TinyDiffusionModel.Write(first.Path, seed: 3);
        TinyDiffusionModel.Write(second.Path, seed: 4);
        Assert.NotEqual(File.ReadAllBytes(first.File("unet/model.onnx")), File.ReadAllBytes(second.File("unet/model.onnx")));
    }

    [Fact]
    public void Write_MakesEveryPartOfARepositoryWithinItsSize()
    {
        using var folder = new TemporaryFolder();
        TinyDiffusionModel.Write(folder.Path, seed: 1);
        string[] expected =
        [
            "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json", "text_encoder/model.onnx", "tokenizer/merges.txt",
            "tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "unet/config.json", "unet/model.onnx",
            "vae_decoder/config.json", "vae_decoder/model.onnx",
        ];
        Assert.Equal(expected, Names(folder));
        Assert.InRange(Names(folder).Sum(n => new FileInfo(folder.File(n)).Length), 1, MaxBytes);
    }

    [Theory]
    [InlineData(OnnxElementType.Float, OnnxElementType.Int32)]
    [InlineData(OnnxElementType.Float16, OnnxElementType.Int64)]
    public void Write_InEachPrecision_MakesModelsThatRunAtAnySize(OnnxElementType floats, OnnxElementType ids)
    {
        using var folder = new TemporaryFolder();
        TinyDiffusionModel.Write(folder.Path, seed: 1, new TinyDiffusionOptions { Floats = floats, TokenIds = ids });
        using var text = OnnxSession.Open(folder.File("text_encoder/model.onnx"), 1);
        var tokens = OnnxTensor.FromIntegers(ids, [1, 2, 3, 4], 2, 2);
        var states = text.Run(new Dictionary<string, OnnxTensor> { ["input_ids"] = tokens })["last_hidden_state"];
        Assert.Equal(floats, states.Type);

        using var unet = OnnxSession.Open(folder.File("unet/model.onnx"), 1);
        var latent = OnnxTensor.FromFloats(floats, new float[2 * 4 * 9 * 12], 2, 4, 9, 12);
        var noise = unet.Run(new Dictionary<string, OnnxTensor>
        {
            ["sample"] = latent, ["timestep"] = OnnxTensor.Create<long>([500], 1), ["encoder_hidden_states"] = states,
        })["out_sample"];
        Assert.Equal([2, 4, 9, 12], noise.Shape);

        using var vae = OnnxSession.Open(folder.File("vae_decoder/model.onnx"), 1);
        var picture = vae.Run(new Dictionary<string, OnnxTensor> { ["latent_sample"] = latent })["sample"];
        Assert.Equal([2, 3, 72, 96], picture.Shape);
        Assert.All(picture.ToFloats(), v => Assert.InRange(v, -1, 1));
    }

    private static string[] Names(TemporaryFolder folder) => [.. Directory
        .EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder.Path, file))
        .Order(StringComparer.Ordinal)];
}
