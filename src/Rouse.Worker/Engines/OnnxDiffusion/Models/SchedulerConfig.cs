using System.Text.Json;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>Reads <c>scheduler/scheduler_config.json</c>.</summary>
internal static class SchedulerConfig
{
    private const string Name = "scheduler/scheduler_config.json";
    private const int MaxTrainSteps = 100_000; // every published model has 1,000

    /// <summary>
    /// Solvers of higher order that walk the same path as Euler's method, in fewer steps. They run as Euler, and the answer says so; where fewer
    /// steps matter, the model wants its own solver.
    /// </summary>
    private static readonly string[] RunAsEuler =
    [
        "EulerDiscreteScheduler", "PNDMScheduler", "LMSDiscreteScheduler", "HeunDiscreteScheduler", "DPMSolverMultistepScheduler",
        "DPMSolverSinglestepScheduler", "DEISMultistepScheduler", "UniPCMultistepScheduler", "KDPM2DiscreteScheduler",
    ];

    public static SchedulerSettings Read(string folder)
    {
        var file = ConfigFile.Read(folder, Name);
        var betas = ReadBetas(file);
        var zeroSnr = file.Flag("rescale_betas_zero_snr", fallback: false);
        var alphas = Betas.Alphas(betas);
        var settings = new SchedulerSettings
        {
            Kind = KindOf(file.Text("_class_name", "")),
            TrainSteps = betas.Length,
            Alphas = zeroSnr ? Betas.WithZeroTerminalSnr(alphas) : alphas,
            Prediction = file.Text("prediction_type", "epsilon") switch
            {
                "epsilon" => PredictionType.Epsilon,
                "v_prediction" => PredictionType.Velocity,
                "sample" => PredictionType.Sample,
                _ => throw file.Wrong("prediction_type", "epsilon, v_prediction or sample"),
            },
            Spacing = file.Text("timestep_spacing", "") switch
            {
                "" => null,
                "leading" => TimestepSpacing.Leading,
                "trailing" => TimestepSpacing.Trailing,
                "linspace" => TimestepSpacing.Linspace,
                _ => throw file.Wrong("timestep_spacing", "leading, trailing or linspace"),
            },
            StepsOffset = file.Count("steps_offset", 0, betas.Length - 1),
            SetAlphaToOne = file.Flag("set_alpha_to_one", fallback: true),
            FinalSigmaIsZero = file.Text("final_sigmas_type", "zero") != "sigma_min",
            KarrasSigmas = file.Flag("use_karras_sigmas", fallback: false),
            ZeroTerminalSnr = zeroSnr,
            OriginalSteps = file.Count("original_inference_steps", 50, betas.Length),
            TimestepScaling = file.Number("timestep_scaling", 10),
        };
        return settings.OriginalSteps > 0 ? settings : throw file.Wrong("original_inference_steps", "1 or more");
    }

    private static SchedulerKind KindOf(string className) => className switch
    {
        "EulerAncestralDiscreteScheduler" => SchedulerKind.EulerAncestral,
        "DDIMScheduler" => SchedulerKind.Ddim,
        "LCMScheduler" => SchedulerKind.Lcm,
        _ when RunAsEuler.Contains(className, StringComparer.Ordinal) => SchedulerKind.Euler,
        _ => throw EngineException.Unusable(
            $"{Name}: the scheduler '{className}' is not one this engine runs.",
            "Set _class_name to what the model was trained for: Euler(Ancestral)DiscreteScheduler, DDIMScheduler or LCMScheduler."),
    };

    private static double[] ReadBetas(ConfigFile file)
    {
        var betas = file.Find("trained_betas", JsonValueKind.Array) is { } trained
            ? [.. trained.EnumerateArray().Select(b => b.ValueKind == JsonValueKind.Number ? b.GetDouble() : double.NaN)]
            : Betas.Make(
                file.Text("beta_schedule", "linear"), file.Count("num_train_timesteps", 1000, MaxTrainSteps),
                file.Number("beta_start", 0.0001), file.Number("beta_end", 0.02))
              ?? throw file.Wrong("beta_schedule", "linear, scaled_linear or squaredcos_cap_v2");
        return betas.Length is > 0 and <= MaxTrainSteps && Array.TrueForAll(betas, beta => beta is > 0 and < 1)
            ? betas
            : throw file.Wrong("beta_start', 'beta_end' or 'trained_betas", "between 0 and 1");
    }
}
