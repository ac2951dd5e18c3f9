using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Server.Hub;

/// <summary>The hub's answer to <c>GET /api/models/{id}/revision/{rev}?blobs=true</c>, as far as it is used.</summary>
internal sealed record HubInfo
{
    public string? Sha { get; init; }

    /// <summary><c>false</c>, <c>"auto"</c> or <c>"manual"</c>.</summary>
    public JsonElement Gated { get; init; }

    public bool? Disabled { get; init; }

    [JsonPropertyName("pipeline_tag")]
    public string? PipelineTag { get; init; }

    public IReadOnlyList<HubSibling>? Siblings { get; init; }

    public HubParameters? Safetensors { get; init; }
}

internal sealed record HubSibling
{
    [JsonPropertyName("rfilename")]
    public string? Name { get; init; }

    public long? Size { get; init; }

    /// <summary>git's id of the content.</summary>
    public string? BlobId { get; init; }

    public HubLfs? Lfs { get; init; }
}

internal sealed record HubLfs(long? Size, string? Sha256 = null);

/// <param name="Parameters">By type: <c>{"F16": 2567463684}</c>.</param>
internal sealed record HubParameters(IReadOnlyDictionary<string, long>? Parameters);

/// <summary>One row of <c>GET /api/models?search=…</c>.</summary>
internal sealed record HubModelRow
{
    public string? Id { get; init; }

    [JsonPropertyName("pipeline_tag")]
    public string? PipelineTag { get; init; }

    public long? Downloads { get; init; }

    public long? Likes { get; init; }

    public JsonElement Gated { get; init; }
}

/// <summary>One tensor of a safetensors header.</summary>
internal sealed record TensorInfo(string? Dtype, IReadOnlyList<long>? Shape);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HubInfo))]
[JsonSerializable(typeof(IReadOnlyList<HubModelRow>))]
[JsonSerializable(typeof(TensorInfo))]
internal sealed partial class HubJson : JsonSerializerContext;
