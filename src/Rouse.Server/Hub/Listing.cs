using System.Text.Json;
using Rouse.Core.Models;

namespace Rouse.Server.Hub;

/// <summary>The hub's words about a repository, turned into checked values.</summary>
internal sealed class Listing
{
    private const int CommitLength = 40;

    /// <summary>4 TiB: a file that is said to be larger is not, and sums of such would overflow.</summary>
    private const long MaxFileBytes = 1L << 42;

    private readonly HubInfo _info;

    private Listing(HubInfo info) => _info = info;

    public bool IsDisabled => _info.Disabled == true;

    public IReadOnlyDictionary<string, long> Parameters => _info.Safetensors?.Parameters ?? new Dictionary<string, long>(StringComparer.Ordinal);

    /// <returns>Null when it is not a listing: a mirror's error page, a portal's login.</returns>
    public static Listing? Read(byte[] json)
    {
        try
        {
            var info = JsonSerializer.Deserialize(json, HubJson.Default.HubInfo);
            return info?.Sha is { Length: CommitLength } sha && !sha.AsSpan().ContainsAnyExcept("0123456789abcdef") ? new Listing(info) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <returns>Null when there are more weights files than any model has.</returns>
    public ModelFacts? Facts(ModelRef model, int maxWeightFiles)
    {
        var named = (_info.Siblings ?? []).Where(file => file?.Name is { Length: > 0 and <= 1024 });
        var files = named.Select(file => new ModelFile(file.Name!, Size(file.Lfs?.Size ?? file.Size))).ToList();
        List<ModelFile> kept = [.. files.Where(file => file.Format is not null || file.Path == PipelineIndex.Path)];
        return kept.Count > maxWeightFiles ? null : new ModelFacts
        {
            Model = model,
            Commit = _info.Sha!,
            Files = kept,
            TotalBytes = files.Aggregate(0L, static (sum, file) => sum + Math.Clamp(file.Bytes, 0, long.MaxValue - sum)),
            IsGated = _info.Gated.ValueKind is JsonValueKind.String or JsonValueKind.True,
            PipelineTag = PipelineIndex.Word(_info.PipelineTag),
        };
    }
    private static long Size(long? told) => told is >= 0 and <= MaxFileBytes ? told.Value : -1;
}
