using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Engines.A1111.Inputs;

/// <summary>
/// The body for the WebUI: the caller's members as they were written, down to the last digit of a number, and what the worker's own members mean in
/// the WebUI's words.
/// </summary>
internal static class RequestBody
{
    public const string ClipSkip = "CLIP_stop_at_last_layers";
    public const string Checkpoint = "sd_model_checkpoint";

    private const string Settings = "override_settings";
    private static readonly JsonWriterOptions s_raw = new() { SkipValidation = true };

    /// <param name="checkpoint">The file to draw with; null: whatever the WebUI is set to.</param>
    /// <param name="loras">Where those of the input lie, in its order.</param>
    public static ReadOnlyMemory<byte> Write(A1111Input input, InstalledFile? checkpoint, IReadOnlyList<InstalledFile> loras)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, s_raw);
        json.WriteStartObject();
        var isSet = input.ClipSkip is not null || checkpoint is not null;
        foreach (var member in input.Given.EnumerateObject())
        {
            if (A1111Input.Own.Contains(member.Name)) continue;
            if (member.NameEquals(Settings) && isSet) continue;
            if (member.NameEquals("prompt") && loras.Count > 0) continue;
            json.WritePropertyName(member.Name);
            WriteRaw(json, member.Value);
        }

        if (loras.Count > 0) json.WriteString("prompt", Tags(input, loras) + Prompt(input));
        if (isSet) WriteSettings(json, input, checkpoint);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>A LoRA's name in a prompt: its file's without the extension.</summary>
    public static string TagName(InstalledFile lora) => Path.GetFileNameWithoutExtension(lora.Name);

    private static string Tags(A1111Input input, IReadOnlyList<InstalledFile> loras) =>
        string.Concat(input.Loras.Zip(loras, static (wanted, file) => string.Create(CultureInfo.InvariantCulture, $"<lora:{TagName(file)}:{wanted.Scale:0.0###}>")));

    private static string Prompt(A1111Input input) =>
        input.Given.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String ? " " + prompt.GetString() : "";

    private static void WriteSettings(Utf8JsonWriter json, A1111Input input, InstalledFile? checkpoint)
    {
        json.WriteStartObject(Settings);
        if (input.Given.TryGetProperty(Settings, out var given) && given.ValueKind == JsonValueKind.Object)
        {
            foreach (var setting in given.EnumerateObject())
            {
                // Null is absent to the reader of the input, which has refused anything else that is said twice.
                if (setting.NameEquals(ClipSkip) && input.ClipSkip is not null) continue;
                if (setting.NameEquals(Checkpoint) && checkpoint is not null) continue;
                json.WritePropertyName(setting.Name);
                WriteRaw(json, setting.Value);
            }
        }

        if (input.ClipSkip is { } layers) json.WriteNumber(ClipSkip, layers);
        if (checkpoint is not null) json.WriteString(Checkpoint, checkpoint.Name);
        json.WriteEndObject();
    }

    // Pictures come by the megabyte: no copy as text.
    private static void WriteRaw(Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}
