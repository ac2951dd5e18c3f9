using System.Collections;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Supervision;

/// <summary>
/// What of the worker's own environment a program beside it sees: what the image says of its libraries and tools, but nothing that is the worker's (its
/// keys, its URLs, the mark by which a server finds its workers again), nothing named like a secret, and nothing that holds one.
/// </summary>
internal static class ChildEnvironment
{
    private static readonly string[] s_ownPrefixes = ["ROUSE_", "RUNPOD_", "CLEANUP_", "OTEL_"];

    private static readonly string[] s_own = [WorkerVariables.ModelId, WorkerVariables.HubToken, WorkerVariables.TraceParent];

    /// <param name="own">The worker's.</param>
    /// <param name="mask">Changes a text that holds a secret.</param>
    /// <param name="command">What it is passed by name, and what it is given.</param>
    public static Dictionary<string, string> Build(IDictionary own, Func<string, string> mask, ServerCommand command)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in own)
        {
            var (name, value) = ((string)variable.Key, (string?)variable.Value ?? "");
            if (command.Passed.Contains(name, StringComparer.Ordinal) || !IsWithheld(name, value, mask)) environment[name] = value;
        }

        foreach (var (name, value) in command.Environment) environment[name] = value;
        return environment;
    }

    private static bool IsWithheld(string name, string value, Func<string, string> mask) =>
        Array.Exists(s_ownPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal))
        || s_own.Contains(name, StringComparer.Ordinal)
        || SecretSettings.IsSecretName(name)
        || mask(value) != value;
}
