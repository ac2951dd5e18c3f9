using Rouse.Core.Models;
using Rouse.Providers.Runpod;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>The account that a server deploys to, as its operator's environment names it.</summary>
internal static class RunpodAccount
{
    private static readonly Dictionary<WorkerEngine, string> s_images = new()
    {
        [WorkerEngine.Onnx] = "ROUSE_RUNPOD_IMAGE_ONNX", [WorkerEngine.Diffusers] = "ROUSE_RUNPOD_IMAGE_DIFFUSERS", [WorkerEngine.A1111] = "ROUSE_RUNPOD_IMAGE_A1111",
        [WorkerEngine.Process] = "ROUSE_RUNPOD_IMAGE_PROCESS",
    };

    /// <returns>Null when nothing speaks of Runpod, and then it is not offered.</returns>
    /// <exception cref="RouseHostException">What is set does not suffice, or cannot be read.</exception>
    public static RunpodHostOptions? FromEnvironment(Func<string, string?> variable)
    {
        var standard = new RunpodHostOptions();
        var account = standard with
        {
            ApiKey = Word("RUNPOD_API_KEY"),
            Image = Word("ROUSE_RUNPOD_IMAGE"),
            TemplateId = Word("RUNPOD_TEMPLATE_ID"),
            Login = IsOn(Word("ROUSE_RUNPOD_LOGIN"), standard.Login),
            Weights = Weights(Word("ROUSE_RUNPOD_WEIGHTS"), standard.Weights),
            Engines = Engines(Word("ROUSE_RUNPOD_ENGINES"), Word("ROUSE_RUNPOD_WEIGHTS")),
            EngineImages = s_images.Any(one => Word(one.Value) is not null) ? s_images.Where(one => Word(one.Value) is not null).ToDictionary(one => one.Key, one => Word(one.Value)!) : standard.EngineImages,
            WorkerVariables = OperatorVariables.Parse(OperatorVariables.ForRunpod, Word("ROUSE_RUNPOD_WORKER_ENV")),
            ApiUrl = Url("RUNPOD_API_URL", standard.ApiUrl),
            JobsUrl = Url("RUNPOD_JOBS_URL", standard.JobsUrl),
            PodUrl = Template("ROUSE_RUNPOD_POD_URL", standard.PodUrl, PodAddress.IsTemplate, "{pod} and {port}"),
            BalancerUrl = Template("ROUSE_RUNPOD_LB_URL", standard.BalancerUrl, BalancerAddress.IsTemplate, "{id}"),
        };
        // Without a key of the server's own, callers may still bring theirs.
        if (account.Image is not null || account.TemplateId is not null || account.EngineImages.Count > 0) return account;
        if (account.ApiKey is null) return null;
        throw new RouseHostException(
            "RUNPOD_API_KEY is set, but not what runs there. Set ROUSE_RUNPOD_IMAGE to the image of a worker, or RUNPOD_TEMPLATE_ID to a "
            + "serverless template of the account; or unset RUNPOD_API_KEY to serve without Runpod.");

        string? Word(string name) => variable(name)?.Trim() is { Length: > 0 } set ? set : null;

        string Template(string name, string otherwise, Func<string, bool> isOne, string words) => Word(name) is not { } text ? otherwise
            : isOne(text) ? text
            : throw new RouseHostException($"{name} is not an address with {words} in it. Write it as {otherwise}.");

        Uri Url(string name, Uri otherwise) => Word(name) is not { } text ? otherwise
            : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
            : throw new RouseHostException($"{name} is not a URL. Write it as {otherwise}.");
    }

    private static IReadOnlyList<WorkerEngine>? Engines(string? engines, string? weights)
    {
        if (engines is null) return null;
        if (weights is not null) throw new RouseHostException("ROUSE_RUNPOD_ENGINES and ROUSE_RUNPOD_WEIGHTS both say what the worker runs. Keep ROUSE_RUNPOD_ENGINES; safetensors means diffusers there.");
        return EngineEnvironment.Read("ROUSE_RUNPOD_ENGINES", engines);
    }

    private static bool IsOn(string? word, bool otherwise) => word switch
    {
        null => otherwise,
        "on" => true,
        "off" => false,
        _ => throw new RouseHostException("ROUSE_RUNPOD_LOGIN is on or off: whether a Runpod key alone lets its owner in."),
    };

    private static WorkerWeights Weights(string? word, WorkerWeights otherwise) => word switch
    {
        null => otherwise,
        "onnx" => WorkerWeights.Onnx,
        "safetensors" => WorkerWeights.Safetensors,
        _ => throw new RouseHostException("ROUSE_RUNPOD_WEIGHTS names the weights that the worker loads: onnx or safetensors."),
    };
}
