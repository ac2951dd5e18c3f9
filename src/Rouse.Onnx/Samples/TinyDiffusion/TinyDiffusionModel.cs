using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Rouse.Onnx.Graphs.Proto;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>
/// A complete text-to-image repository of about 200 KB, made by code: for demos and tests on a machine without a GPU or a hub. It is a real
/// latent diffusion pipeline in the layout that Optimum exports; its weights are crafted, not trained. It paints paper-cut hills: the seed
/// shapes the ridges, the prompt picks the palette and the light, more steps bring the shapes out.
/// </summary>
public static class TinyDiffusionModel
{
    /// <summary>Latents are this many times smaller than the picture along each side.</summary>
    internal const int VaeScale = 8;

    /// <summary>Latents per side by default: a picture of 256 × 256.</summary>
    internal const int SampleSize = 32;
    internal const int LatentChannels = 4;

    /// <summary>Not Stable Diffusion's 0.18215, so that a pipeline which ignores the configuration is seen to.</summary>
    internal const float ScalingFactor = 0.5f;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the repository into a folder, which is made where absent; the same seed and options write the same bytes.</summary>
    public static void Write(string folder, int seed, TinyDiffusionOptions? options = null)
    {
        options ??= new TinyDiffusionOptions();
        var vocabulary = TinyVocabulary.Train();
        WriteJson(folder, "model_index.json", TinyConfigs.ModelIndex(options));
        WriteJson(folder, "scheduler/scheduler_config.json", TinyConfigs.Scheduler(options));
        WriteJson(folder, "tokenizer/vocab.json", vocabulary.ToJson());
        WriteText(folder, "tokenizer/merges.txt", vocabulary.ToMerges());
        WriteJson(folder, "tokenizer/tokenizer_config.json", TinyConfigs.Tokenizer());
        WriteJson(folder, "tokenizer/special_tokens_map.json", TinyConfigs.SpecialTokens());
        WriteJson(folder, "text_encoder/config.json", TinyConfigs.TextEncoder(vocabulary));
        WriteModel(folder, "text_encoder/model.onnx", TinyTextEncoder.Build(vocabulary, new Random(seed), options));
        WriteJson(folder, "unet/config.json", TinyConfigs.Unet());
        WriteModel(folder, "unet/model.onnx", TinyUnet.Build(new Random(unchecked(seed + 1)), options));
        WriteJson(folder, "vae_decoder/config.json", TinyConfigs.VaeDecoder());
        WriteModel(folder, "vae_decoder/model.onnx", TinyVaeDecoder.Build(options));
    }

    private static void WriteJson(string folder, string name, JsonNode content) => WriteText(folder, name, content.ToJsonString(Indented) + "\n");

    private static void WriteText(string folder, string name, string content) => File.WriteAllText(Place(folder, name), content);

    private static void WriteModel(string folder, string name, ModelProto model) => File.WriteAllBytes(Place(folder, name), model.ToByteArray());

    private static string Place(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
