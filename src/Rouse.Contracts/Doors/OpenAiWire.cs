using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Contracts.Jobs;

namespace Rouse.Contracts.Doors;

/// <summary>Body of <c>POST /openai/v1/images/generations</c>: OpenAI's, and what a diffusion model can be told besides. A member that is not here is refused.</summary>
public sealed record ImagesRequest
{
    /// <summary>A deployment: its id, its name, or the id of the model it serves where only one of yours serves it. May be left out where you have one deployment.</summary>
    [MaxLength(DoorBounds.MaxModel)]
    public string? Model { get; init; }

    [StringLength(TextToImageBounds.MaxPromptLength, MinimumLength = 1)]
    public required string Prompt { get; init; }

    /// <summary>Pictures; 1 when left out.</summary>
    [Range(1, DoorBounds.MaxImages)]
    public int? N { get; init; }

    /// <summary><c>WIDTHxHEIGHT</c> in pixels, or <c>auto</c> for the model's own.</summary>
    public string? Size { get; init; }

    /// <summary><c>b64_json</c>, which is also what is answered when it is left out, or <c>url</c>: good for a day, and refused where the server has no place to keep pictures.</summary>
    [AllowedValues("b64_json", "url")]
    [JsonPropertyName("response_format")]
    public string? ResponseFormat { get; init; }

    /// <summary>Accepted and without effect.</summary>
    public string? Quality { get; init; }

    /// <summary>Accepted and without effect.</summary>
    public string? Style { get; init; }

    /// <summary>Accepted and without effect.</summary>
    public string? Background { get; init; }

    /// <summary>Accepted and without effect.</summary>
    public string? Moderation { get; init; }

    /// <summary>Accepted and without effect.</summary>
    public string? User { get; init; }

    /// <summary>Pictures are PNG; any other word is refused.</summary>
    [AllowedValues("png")]
    [JsonPropertyName("output_format")]
    public string? OutputFormat { get; init; }

    /// <summary>Extension: of the first picture; each further one counts up by one. Drawn when left out.</summary>
    [Range(0L, TextToImageBounds.MaxSeed)]
    public long? Seed { get; init; }

    /// <summary>Extension: runs of the model for a picture.</summary>
    [Range(1, TextToImageBounds.MaxSteps)]
    public int? Steps { get; init; }

    /// <summary>Extension: how closely the picture follows the prompt.</summary>
    [Range(0.0, TextToImageBounds.MaxGuidance)]
    [JsonPropertyName("guidance_scale")]
    public double? GuidanceScale { get; init; }

    /// <summary>Extension: what is to be kept out of the picture.</summary>
    [MaxLength(TextToImageBounds.MaxPromptLength)]
    [JsonPropertyName("negative_prompt")]
    public string? NegativePrompt { get; init; }

    /// <summary>Extension: <c>euler</c>, <c>euler_ancestral</c>, <c>ddim</c> or <c>lcm</c>.</summary>
    [AllowedValues("euler", "euler_ancestral", "ddim", "lcm")]
    public string? Scheduler { get; init; }
}

/// <param name="Created">Unix seconds.</param>
public sealed record ImagesReply(long Created, IReadOnlyList<ImageData> Data);

/// <param name="B64Json">A PNG in base64; null where a URL was asked for.</param>
/// <param name="Url">Reads the picture, without a key, for a day.</param>
/// <param name="Seed">Extension: with which this picture can be made again.</param>
public sealed record ImageData([property: JsonPropertyName("b64_json")] string? B64Json, string? Url, long? Seed);

/// <param name="Object"><c>list</c>.</param>
public sealed record ModelList(string Object, IReadOnlyList<ModelEntry> Data);

/// <summary>A deployment as OpenAI's clients know models.</summary>
public sealed record ModelEntry
{
    /// <summary>Its name where no other deployment of yours has it, else its id: what <c>model</c> of a request may say.</summary>
    public required string Id { get; init; }

    /// <summary><c>model</c>.</summary>
    public required string Object { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Created { get; init; }

    /// <summary>Your tenant.</summary>
    [JsonPropertyName("owned_by")]
    public required string OwnedBy { get; init; }

    /// <summary>Extension: the model that it serves.</summary>
    public required string Root { get; init; }

    [JsonPropertyName("deployment_id")]
    public required string DeploymentId { get; init; }

    /// <summary>Extension: the deployment's phase.</summary>
    public required string Status { get; init; }
}
