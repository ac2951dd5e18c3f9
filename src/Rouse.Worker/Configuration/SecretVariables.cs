using System.Collections;
using Rouse.Contracts.Secrecy;

namespace Rouse.Worker.Configuration;

/// <summary>Values of the environment that no log line may show, by their variables' names: whoever starts us may add credentials we do not know of.</summary>
internal static class SecretVariables
{
    public static IEnumerable<string> Values(IDictionary environment) =>
        environment.Cast<DictionaryEntry>()
            // By their names alone: a machine's name and a worker's look like keys too.
            .Where(static variable => SecretSettings.IsSecretName((string)variable.Key))
            .SelectMany(static variable => SecretSettings.Hidden((string)variable.Key, (string?)variable.Value ?? ""));
}
