using System.Text.Json;
using Rouse.Contracts.Jobs;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Engines.Diffusers.Inputs;

/// <summary>A job's input, checked, as the runner is told of it.</summary>
internal sealed record RunOrder
{
    /// <summary>Of the pipeline's call, by its own names; text or numbers. What the caller left open is left to the pipeline.</summary>
    public required IReadOnlyDictionary<string, object> Arguments { get; init; }

    /// <summary>What came with the input or is still to be fetched; null where the task takes none.</summary>
    public Attachment? Attached { get; init; }

    /// <summary>A picture or a recording as the runner gets it; empty where the task takes none, and until what is attached is here.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Of the first one made; each further one counts up by one.</summary>
    public long Seed { get; init; }

    public int Images { get; init; } = 1;

    /// <summary>Pictures a second, of a film.</summary>
    public int FramesPerSecond { get; init; }

    /// <summary>To be spoken.</summary>
    public string Text { get; init; } = "";

    /// <summary><see cref="Payload"/> is samples as the model hears them; false: a file that is to be decoded.</summary>
    public bool IsRaw { get; init; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("arguments");
        foreach (var (name, value) in Arguments)
        {
            if (value is string text) json.WriteString(name, text);
            else if (value is double number) json.WriteNumber(name, number);
            else json.WriteNumber(name, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
        }

        json.WriteEndObject();
        json.WriteNumber("seed", Seed);
        json.WriteNumber("images", Images);
        json.WriteNumber("fps", FramesPerSecond);
        json.WriteNumber("max_pixels", DiffusersBounds.MaxInputPixels);
        json.WriteNumber("max_made", TextToImageBounds.MaxPixels);
        json.WriteNumber("max_seconds", DiffusersBounds.MaxSoundSeconds);
        json.WriteString("text", Text);
        json.WriteBoolean("raw", IsRaw);
    }
}
