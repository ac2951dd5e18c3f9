namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>What the runner sees of the environment: how to find libraries and the GPU, no word of the worker's own, and no way to a hub.</summary>
internal static class RunnerEnvironment
{
    /// <summary>Passed on where they are set; a star stands for the rest of a name.</summary>
    private static readonly string[] s_passed =
    [
        "PATH", "HOME", "USER", "LANG", "LC_*", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX",
        "CUDA_*", "NVIDIA_*", "NCCL_*", "PYTORCH_*", "TORCH_*", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "HIP_*", "ROCR_*", "HSA_*",
    ];

    public static IReadOnlyDictionary<string, string> Of(IEnumerable<KeyValuePair<string, string>> own, RunnerFolder folder)
    {
        var seen = own.Where(static variable => Array.Exists(s_passed, pattern => Matches(pattern, variable.Key)))
            .ToDictionary(static variable => variable.Key, static variable => variable.Value, StringComparer.Ordinal);
        // A library that lacks a file must say so and not fetch one: the model served is the one that was asked for, or none.
        foreach (var name in (string[])["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"]) seen[name] = "1";
        seen["HF_HOME"] = folder.Home;
        // Its words are log lines: no bars that redraw themselves, nothing held back in a buffer.
        seen["TQDM_DISABLE"] = seen["HF_HUB_DISABLE_PROGRESS_BARS"] = seen["PYTHONUNBUFFERED"] = seen["PYTHONDONTWRITEBYTECODE"] = "1";
        seen["DIFFUSERS_VERBOSITY"] = seen["TRANSFORMERS_VERBOSITY"] = "error";
        seen["TOKENIZERS_PARALLELISM"] = "false";
        seen["RUNNER_FOLDER"] = folder.Path;
        return seen;
    }

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : string.Equals(pattern, name, StringComparison.Ordinal);
}
