using Rouse.Worker.Engines.Diffusers.Inputs;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Images;

namespace Rouse.Worker.Engines.Diffusers;

/// <summary>The smallest runs of a task, the first to be tried before the others.</summary>
internal static class WarmUps
{
    /// <summary>Pixels along a side: every published model takes it, and it costs next to nothing.</summary>
    private const int Side = 256;

    /// <summary>For models exported for one size there is a second try at their own.</summary>
    public static IEnumerable<(RunOrder Order, bool IsLast)> Of(DiffusersTask task, LoadedModel model) => task switch
    {
        DiffusersTask.TextToImage when model.Takes.Contains("width") => [(Picture(("width", (long)Side), ("height", (long)Side)), false), (Picture(), true)],
        DiffusersTask.TextToImage => [(Picture(), true)],
        DiffusersTask.ImageToImage => [(Picture(model.Takes.Contains("strength") ? [("strength", 1.0)] : []) with { Payload = PngWriter.Write(new byte[Side * Side * 3], Side, Side) }, true)],
        DiffusersTask.TextToSpeech => [(new RunOrder { Arguments = None, Text = "warm" }, true)],
        DiffusersTask.SpeechToText when model.SamplingRate is { } rate => [(new RunOrder { Arguments = None, Payload = new byte[rate * sizeof(float)], IsRaw = true }, true)],
        // How small a film may be differs by model, and the smallest that all take costs a minute of GPU.
        _ => [],
    };

    private static Dictionary<string, object> None => new(StringComparer.Ordinal);

    private static RunOrder Picture(params IEnumerable<(string Name, object Value)> more) => new()
    {
        Arguments = new Dictionary<string, object>(more.Select(static one => KeyValuePair.Create(one.Name, one.Value)), StringComparer.Ordinal)
        {
            ["prompt"] = "warm",
            ["num_inference_steps"] = 1L,
        },
    };
}
