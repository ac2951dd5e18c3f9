using System.Text.Json;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>A job's input, read and checked. What it does not name is in <see cref="Given"/> and passes as it is.</summary>
/// <param name="Given">The whole input.</param>
/// <param name="WantsCacheInfo">Whether the answer is to tell what model files the worker holds.</param>
internal sealed record A1111Input(WebUiTask Task, JsonElement Given, int? ClipSkip, WantedFile? Checkpoint, IReadOnlyList<WantedLora> Loras, IReadOnlyList<WantedFile> Embeddings, bool WantsCacheInfo)
{
    /// <summary>Members that are for the worker and not for the WebUI.</summary>
    public static IReadOnlyList<string> Own { get; } = ["task", "clip_skip", "checkpoint", "loras", "embeddings", "cache_info"];

    /// <summary>Whether it chooses among the checkpoints that the WebUI has.</summary>
    public bool NamesCheckpoint =>
        Given.TryGetProperty("override_settings", out var settings) && settings.ValueKind == JsonValueKind.Object
        && settings.TryGetProperty(RequestBody.Checkpoint, out var name) && name.ValueKind != JsonValueKind.Null;

    /// <summary>In the order in which they are fetched.</summary>
    public IEnumerable<WantedFile> Files => [.. Checkpoint is null ? [] : new[] { Checkpoint }, .. Loras.Select(static lora => lora.File), .. Embeddings];
}

/// <param name="Scale">Its weight in the picture.</param>
internal sealed record WantedLora(WantedFile File, double Scale);
