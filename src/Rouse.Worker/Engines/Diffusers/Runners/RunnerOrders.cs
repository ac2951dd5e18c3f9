using System.Text.Json;
using Rouse.Worker.Engines.Diffusers.Loading;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>Orders besides runs, as <c>runner/rouse_runner/__main__.py</c> reads them.</summary>
internal static class RunnerOrders
{
    public static Action<Utf8JsonWriter> Probe(IEnumerable<string> needed) => json =>
    {
        json.WriteString("order", "probe");
        WriteTexts(json, "needed", needed);
    };

    /// <param name="folder">The model's.</param>
    /// <param name="without">Components to leave out.</param>
    public static Action<Utf8JsonWriter> Load(string folder, DiffusersTask task, LoadPlan plan, IReadOnlyList<string> without) => json =>
    {
        json.WriteString("order", "load");
        json.WriteString("folder", folder);
        json.WriteString("task", task.Word());
        json.WriteString("device", plan.Device);
        json.WriteString("dtype", plan.Dtype.Word());
        json.WriteString("variant", plan.Variant);
        json.WriteString("offload", plan.Offload.Word());
        WriteTexts(json, "without", without);
    };

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
