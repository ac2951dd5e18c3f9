using System.Text.Json.Nodes;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>The repository's configuration files, with the member names that diffusers and transformers write.</summary>
internal static class TinyConfigs
{
    public const int TrainSteps = 1000;
    public const double BetaStart = 0.00085, BetaEnd = 0.012;
    public const int TextLength = 77;

    public static JsonObject ModelIndex(TinyDiffusionOptions options) => new()
    {
        ["_class_name"] = "StableDiffusionPipeline",
        ["feature_extractor"] = new JsonArray(null, null),
        ["requires_safety_checker"] = false,
        ["safety_checker"] = new JsonArray(null, null),
        ["scheduler"] = new JsonArray("diffusers", options.Scheduler),
        ["text_encoder"] = new JsonArray("optimum", "ORTModelTextEncoder"),
        ["tokenizer"] = new JsonArray("transformers", "CLIPTokenizer"),
        ["unet"] = new JsonArray("optimum", "ORTModelUnet"),
        ["vae_decoder"] = new JsonArray("optimum", "ORTModelVaeDecoder"),
    };

    public static JsonObject Scheduler(TinyDiffusionOptions options) => new()
    {
        ["_class_name"] = options.Scheduler,
        ["beta_end"] = BetaEnd,
        ["beta_schedule"] = "scaled_linear",
        ["beta_start"] = BetaStart,
        ["clip_sample"] = false,
        ["num_train_timesteps"] = TrainSteps,
        ["prediction_type"] = options.Prediction,
        ["set_alpha_to_one"] = false,
        ["steps_offset"] = 1,
        ["timestep_spacing"] = options.TimestepSpacing,
    };

    public static JsonObject Tokenizer() => new()
    {
        ["add_prefix_space"] = false,
        ["bos_token"] = TinyVocabulary.Start,
        ["do_lower_case"] = true,
        ["eos_token"] = TinyVocabulary.End,
        ["model_max_length"] = TextLength,
        ["pad_token"] = TinyVocabulary.End,
        ["tokenizer_class"] = "CLIPTokenizer",
        ["unk_token"] = TinyVocabulary.End,
    };

    public static JsonObject SpecialTokens() => new()
    {
        ["bos_token"] = TinyVocabulary.Start,
        ["eos_token"] = TinyVocabulary.End,
        ["pad_token"] = TinyVocabulary.End,
        ["unk_token"] = TinyVocabulary.End,
    };

    public static JsonObject TextEncoder(TinyVocabulary vocabulary) => new()
    {
        ["architectures"] = new JsonArray("CLIPTextModel"),
        ["hidden_size"] = TinyTextEncoder.Width,
        ["max_position_embeddings"] = TextLength,
        ["model_type"] = "clip_text_model",
        ["vocab_size"] = vocabulary.Tokens.Count,
    };

    public static JsonObject Unet() => new()
    {
        ["_class_name"] = "UNet2DConditionModel",
        ["cross_attention_dim"] = TinyTextEncoder.Width,
        ["in_channels"] = TinyDiffusionModel.LatentChannels,
        ["out_channels"] = TinyDiffusionModel.LatentChannels,
        ["sample_size"] = TinyDiffusionModel.SampleSize,
    };

    public static JsonObject VaeDecoder() => new()
    {
        ["_class_name"] = "AutoencoderKL",
        ["block_out_channels"] = new JsonArray(8, 8, 8, 8),
        ["latent_channels"] = TinyDiffusionModel.LatentChannels,
        ["scaling_factor"] = TinyDiffusionModel.ScalingFactor,
    };
}
