using Rouse.Core.Models;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>What workers on the server's machine run, and what they are given, as the environment says.</summary>
internal static class EngineEnvironment
{
    /// <exception cref="RouseHostException">A variable cannot be read.</exception>
    public static RouseHostOptions Complete(RouseHostOptions options, Func<string, string?> variable) => options with
    {
        Engines = variable("ROUSE_ENGINES")?.Trim() is { Length: > 0 } engines ? Read("ROUSE_ENGINES", engines) : options.Engines,
        WorkerVariables = OperatorVariables.Parse(OperatorVariables.ForAll, variable("ROUSE_WORKER_ENV")),
    };

    public static IReadOnlyList<WorkerEngine> Read(string name, string words)
    {
        List<WorkerEngine> read = [];
        foreach (var word in words.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!WorkerEngines.TryParse(word, out var engine)) throw new RouseHostException($"{name} names '{word}', which is no engine. Write some of {WorkerEngines.Words(WorkerEngines.All)}, separated by commas.");
            read.Add(engine);
        }

        return read.Count > 0 ? [.. read.Distinct()] : throw new RouseHostException($"{name} names no engine. Write some of {WorkerEngines.Words(WorkerEngines.All)}, separated by commas.");
    }
}
