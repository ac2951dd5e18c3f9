using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Contracts.Jobs;

namespace Rouse.Contracts.Doors;

/// <summary>
/// Body of <c>POST /sdapi/v1/txt2img</c>, as Automatic1111's web UI 1.9 takes it. What is left out is the model's own default. Members that are not here are passed
/// over, but for those that ask for what there is not (<c>enable_hr</c>, <c>tiling</c>, scripts and so on), which are refused.
/// </summary>
public sealed record DiffusionRequest
{
    [StringLength(TextToImageBounds.MaxPromptLength, MinimumLength = 1)]
    public required string Prompt { get; init; }

    [MaxLength(TextToImageBounds.MaxPromptLength)]
    [JsonPropertyName("negative_prompt")]
    public string? NegativePrompt { get; init; }

    [Range(1, TextToImageBounds.MaxSteps)]
    public int? Steps { get; init; }

    [Range(0.0, TextToImageBounds.MaxGuidance)]
    [JsonPropertyName("cfg_scale")]
    public double? CfgScale { get; init; }

    /// <summary>Pixels, in steps of 8.</summary>
    [Range(TextToImageBounds.MinSide, TextToImageBounds.MaxSide)]
    public int? Width { get; init; }

    /// <summary>Pixels, in steps of 8.</summary>
    [Range(TextToImageBounds.MinSide, TextToImageBounds.MaxSide)]
    public int? Height { get; init; }

    /// <summary>−1 for one that is drawn.</summary>
    [Range(-1L, TextToImageBounds.MaxSeed)]
    public long? Seed { get; init; }

    /// <summary><c>Euler</c>, <c>Euler a</c>, <c>DDIM</c> or <c>LCM</c>.</summary>
    [JsonPropertyName("sampler_name")]
    public string? SamplerName { get; init; }

    [Range(1, DoorBounds.MaxBatch)]
    [JsonPropertyName("batch_size")]
    public int? BatchSize { get; init; }

    /// <summary>Batches; all pictures of a request together are at most 10.</summary>
    [Range(1, DoorBounds.MaxImages)]
    [JsonPropertyName("n_iter")]
    public int? Batches { get; init; }

    /// <summary>Of it, <c>sd_model_checkpoint</c> names the deployment; the rest is passed over.</summary>
    [JsonPropertyName("override_settings")]
    [JsonObject]
    public JsonElement? OverrideSettings { get; init; }

    /// <summary>False: the answer has no pictures.</summary>
    [JsonPropertyName("send_images")]
    public bool? SendImages { get; init; }
}

/// <param name="Images">PNGs in base64.</param>
/// <param name="Parameters">What was asked, with what was left out filled in.</param>
/// <param name="Info">JSON in a text: seeds and the settings of each picture.</param>
public sealed record DiffusionReply(IReadOnlyList<string> Images, [property: JsonObject] JsonElement Parameters, string Info);

/// <summary>A deployment as Automatic1111's clients know checkpoints.</summary>
/// <param name="Title">What <c>sd_model_checkpoint</c> may say.</param>
/// <param name="Filename">The model that it serves.</param>
public sealed record DiffusionModel(
    string Title, [property: JsonPropertyName("model_name")] string ModelName, string? Hash, string? Sha256, string Filename, string? Config);
