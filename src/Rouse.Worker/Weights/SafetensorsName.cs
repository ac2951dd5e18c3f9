using System.Globalization;
using System.Text.RegularExpressions;

namespace Rouse.Worker.Weights;

/// <summary>What the name of a weights file says, as diffusers and transformers write it: <c>model.fp16-00001-of-00002.safetensors</c> and its like.</summary>
/// <param name="Component">Its folder; empty at the root.</param>
/// <param name="Variant">Such as <c>fp16</c>; empty for the plain one.</param>
/// <param name="Shard">From 1; 1 for a whole file; 0 for the list of the shards.</param>
/// <param name="Shards">How many there are in all; 0 for a whole file.</param>
internal sealed partial record SafetensorsName(string Path, string Component, string Variant, int Shard, int Shards)
{
    /// <summary>Null for all that the libraries would not open by themselves: single-file checkpoints, adapters, other formats.</summary>
    public static SafetensorsName? Parse(string path)
    {
        var slash = path.LastIndexOf('/');
        var (component, name) = (slash < 0 ? "" : path[..slash], path[(slash + 1)..]);
        // Components lie one deep; what is deeper belongs to something else.
        if (component.Contains('/', StringComparison.Ordinal)) return null;
        if (ListPattern().Match(name) is { Success: true } list) return new SafetensorsName(path, component, list.Groups["variant"].Value, 0, 0);
        if (WeightsPattern().Match(name) is not { Success: true } weights) return null;
        return new SafetensorsName(
            path, component, weights.Groups["variant"].Value, Number(weights.Groups["shard"]) ?? 1, Number(weights.Groups["shards"]) ?? 0);
    }

    private static int? Number(Group digits) => digits.Success ? int.Parse(digits.Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(
        @"^(?:model|diffusion_pytorch_model)(?:\.(?<variant>\w+))?(?:-(?<shard>\d{5})-of-(?<shards>\d{5}))?(?:\.(?<variant>\w+))?\.safetensors$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WeightsPattern();

    [GeneratedRegex(
        @"^(?:model|diffusion_pytorch_model)(?:\.(?<variant>\w+))?\.safetensors\.index(?:\.(?<variant>\w+))?\.json$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListPattern();
}
