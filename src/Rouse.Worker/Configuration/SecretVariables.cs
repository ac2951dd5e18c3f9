using System.Collections;

namespace Rouse.Worker.Configuration;

/// <summary>Values of the environment that no log line may show, by their variables' names: whoever starts us may add credentials we do not know of.</summary>
internal static class SecretVariables
{
    private static readonly string[] s_marks = ["TOKEN", "SECRET", "KEY", "PASSWORD", "CREDENTIAL"];

    /// <summary>Shorter values are switches and numbers.</summary>
    private const int Shortest = 8;

    public static IEnumerable<string> Values(IDictionary environment) =>
        environment.Cast<DictionaryEntry>()
            .Where(static variable => IsSecret((string)variable.Key))
            .Select(static variable => ((string?)variable.Value ?? "").Trim())
            // A path says where a secret lies, not what it is.
            .Where(static value => value.Length >= Shortest && value[0] is not ('/' or '.'));

    public static bool IsSecret(string name) =>
        s_marks.Any(mark => name.Contains(mark, StringComparison.OrdinalIgnoreCase)) && !name.Contains("TOKENIZER", StringComparison.OrdinalIgnoreCase);
}
