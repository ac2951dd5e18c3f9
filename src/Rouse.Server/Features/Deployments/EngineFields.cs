using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;

namespace Rouse.Server.Features.Deployments;

/// <summary>What a deployment is for and what its workers run it with, judged together: what no worker here could serve is refused before anything is paid for.</summary>
/// <param name="Asked">Null leaves the choice to the server.</param>
/// <param name="Chosen">Null when only a look at the model tells it, and for a service.</param>
internal sealed record EngineFields(ModelTask Task, WorkerEngine? Asked = null, WorkerEngine? Chosen = null)
{
    public static EngineFields Read(CreateDeploymentRequest body, ProviderTraits provider, EngineOffers offers, DeploymentParser.Faults faults)
    {
        if (!TryTask(body.Task, out var task)) faults.Add("task", $"Must be one of: {string.Join(", ", DeploymentWords.Tasks)}.");
        if (!TryEngine(body.Engine, out var asked)) faults.Add("engine", $"Must be one of: {string.Join(", ", DeploymentWords.Engines)}.");
        if (body.Service is not null) return OfService(body, task, faults);
        if (faults.Has("task") || faults.Has("engine")) return new EngineFields(task);

        var (offered, setting) = (offers.At(provider.Kind), EngineOffers.Setting(provider.Kind));
        var candidates = WorkerEngines.Candidates(offered, asked, task);
        if (asked is { } named && !offered.Contains(named))
        {
            faults.Add("engine", $"The workers of {provider.Kind} here run {Words(offered)}. Name one of these or auto; the server's operator offers others with {setting}.");
        }
        else if (candidates.Count == 0)
        {
            var who = asked is { } one ? $"The engine {one.Word()} does" : $"The workers of {provider.Kind} here run {Words(offered)}, which does";
            faults.Add("task", $"{who} not serve {task.Word()}. {FormatPolicy.WhoServes(task)} The server's operator offers engines with {setting}.");
        }

        return new EngineFields(task, asked, asked ?? (candidates is [var only] ? only : null));
    }

    /// <summary>What is sent to it is its own affair.</summary>
    private static EngineFields OfService(CreateDeploymentRequest body, ModelTask task, DeploymentParser.Faults faults)
    {
        const string none = "A service speaks HTTP itself and runs no engine of ours. Leave it out.";
        if (body.Engine is not (null or DeploymentWords.Auto)) faults.Add("engine", none);
        if (task != ModelTask.TextToImage) faults.Add("task", none);
        return new EngineFields(ModelTask.TextToImage);
    }

    private static bool TryTask(string? word, out ModelTask task)
    {
        task = ModelTask.TextToImage;
        return word is null || ModelTasks.TryParse(word, out task);
    }

    private static bool TryEngine(string? word, out WorkerEngine? engine)
    {
        engine = null;
        if (word is null or DeploymentWords.Auto) return true;
        if (!WorkerEngines.TryParse(word, out var known)) return false;
        engine = known;
        return true;
    }

    private static string Words(IReadOnlyList<WorkerEngine> offered) => offered.Count == 0 ? "no engine" : WorkerEngines.Words(offered);
}
