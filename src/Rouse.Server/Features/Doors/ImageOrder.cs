using System.Buffers;
using System.Text.Json;
using Rouse.Contracts.Jobs;

namespace Rouse.Server.Features.Doors;

/// <summary>What a door was asked for, in no door's words. Null is the model's own default.</summary>
internal sealed record ImageOrder
{
    public required string Prompt { get; init; }
    public string? NegativePrompt { get; init; }
    public int? Steps { get; init; }
    public double? Guidance { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }

    /// <summary>Of the first picture; each further one counts up by one.</summary>
    public long? Seed { get; init; }
    public string? Scheduler { get; init; }
    public required int Images { get; init; }

    /// <summary>The caller wants addresses of the pictures.</summary>
    public bool ByUrl { get; init; }

    /// <summary>The inputs of as many jobs as it takes, in the order of their pictures.</summary>
    public IEnumerable<byte[]> Inputs()
    {
        for (var done = 0; done < Images; done += TextToImageBounds.MaxImages)
        {
            yield return Input(Math.Min(Images - done, TextToImageBounds.MaxImages), Seed + done);
        }
    }

    /// <summary>Notes on <paramref name="fields"/> what the members cannot tell one by one.</summary>
    /// <param name="size">The member that says the size.</param>
    public void Check(DoorFields fields, string size)
    {
        if (Width % TextToImageBounds.SideStep > 0 || Height % TextToImageBounds.SideStep > 0)
            fields.Refuse(size, $"in steps of {TextToImageBounds.SideStep} pixels");
        if ((long?)Width * Height > TextToImageBounds.MaxPixels) fields.Refuse(size, $"such that a picture has at most {TextToImageBounds.MaxPixels} pixels");
        if (Seed > TextToImageBounds.MaxSeed - (Images - 1)) fields.Refuse("seed", $"such that the last picture's is at most {TextToImageBounds.MaxSeed}");
    }

    private byte[] Input(int images, long? seed)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("prompt", Prompt);
            if (NegativePrompt is { Length: > 0 } negative) json.WriteString("negative_prompt", negative);
            if (Steps is { } steps) json.WriteNumber("num_inference_steps", steps);
            if (Guidance is { } guidance) json.WriteNumber("guidance_scale", guidance);
            if (Width is { } width) json.WriteNumber("width", width);
            if (Height is { } height) json.WriteNumber("height", height);
            if (seed is { } first) json.WriteNumber("seed", first);
            if (Scheduler is { } scheduler) json.WriteString("scheduler", scheduler);
            if (images > 1) json.WriteNumber("num_images", images);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
