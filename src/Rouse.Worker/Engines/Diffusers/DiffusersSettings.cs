using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines.Diffusers.Loading;
using Rouse.Worker.Engines.Inputs;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Diffusers;

/// <param name="Python">Command or path.</param>
/// <param name="Wishes">What the operator decided instead of the engine.</param>
/// <param name="KeepsSafetyChecker">As the repository's authors published it.</param>
internal sealed record DiffusersSettings(DiffusersTask Task, string Python, LoadWishes Wishes, bool KeepsSafetyChecker, InputUrls Urls) : EngineSettings
{
    public const string DefaultPython = "python3";

    public override FileSelection Files => new SafetensorsFiles(!Task.IsSpeech(), KeepsSafetyChecker);

    public static DiffusersSettings Read(Variables variables)
    {
        var word = variables.Optional(DiffusersVariables.Task) ?? TaskWords.All[0];
        var task = TaskWords.Parse(word);
        if (task is null) variables.Fail($"{DiffusersVariables.Task} must be one of {string.Join(", ", TaskWords.All)}, not '{word}'.");
        return new DiffusersSettings(
            task ?? DiffusersTask.TextToImage,
            variables.Optional(DiffusersVariables.Python) ?? DefaultPython,
            new LoadWishes(ReadDtype(variables), ReadOffload(variables)),
            variables.Switch(DiffusersVariables.SafetyChecker, fallback: true),
            InputUrls.Read(variables));
    }

    private static Dtype? ReadDtype(Variables variables)
    {
        var word = variables.Optional(DiffusersVariables.Dtype);
        if (word is null or "auto") return null;
        foreach (var dtype in Enum.GetValues<Dtype>())
        {
            if (dtype.Word() == word) return dtype;
        }

        variables.Fail($"{DiffusersVariables.Dtype} must be auto, float16, bfloat16 or float32, not '{word}'.");
        return null;
    }

    private static Offload? ReadOffload(Variables variables)
    {
        var word = variables.Optional(DiffusersVariables.Offload);
        if (word is null or "auto") return null;
        foreach (var offload in Enum.GetValues<Offload>())
        {
            if (offload.Word() == word) return offload;
        }

        variables.Fail($"{DiffusersVariables.Offload} must be auto, none, model or sequential, not '{word}'.");
        return null;
    }
}
