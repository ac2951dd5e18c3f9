using System.Text.Json;
using Rouse.Worker.Engines.Diffusers.Runners;

namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>What the runner found: Python's libraries and the GPU that torch would use.</summary>
/// <param name="Gpu">Null: the processor computes.</param>
/// <param name="WhyNoGpu">Null with a GPU.</param>
/// <param name="Missing">Libraries that cannot be used, each with why.</param>
internal sealed record Machine(
    string Python, IReadOnlyDictionary<string, string> Versions, IReadOnlyDictionary<string, string> Missing, Gpu? Gpu, string? WhyNoGpu)
{
    public static Machine Read(RunnerAnswer answer)
    {
        var body = answer.Body;
        var gpu = body.GetProperty("gpu");
        return new Machine(
            body.GetProperty("python").GetString()!, Texts(body.GetProperty("versions")), Texts(body.GetProperty("missing")),
            gpu.ValueKind == JsonValueKind.Null
                ? null
                : new Gpu(gpu.GetProperty("name").GetString()!, gpu.GetProperty("free").GetInt64(), gpu.GetProperty("total").GetInt64(), gpu.GetProperty("bfloat16").GetBoolean()),
            body.GetProperty("why_no_gpu").GetString());
    }

    public string Words => $"Python {Python}, {string.Join(", ", Versions.Select(static library => $"{library.Key} {library.Value}"))}, "
        + (Gpu is { } gpu ? gpu.Name : $"no GPU: {WhyNoGpu}");

    private static Dictionary<string, string> Texts(JsonElement names) =>
        names.EnumerateObject().ToDictionary(static name => name.Name, static name => name.Value.GetString() ?? "", StringComparer.Ordinal);
}
