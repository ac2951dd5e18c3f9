using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Local;

namespace Rouse.Server;

/// <summary>
/// Variables that the operator gives all workers beside those that this server sets: an engine's command, a library's switch. They never stand in the way
/// of ours, and their values are treated as secrets, because some are: an account's owner reads what its endpoints and pods are given, so callers' own accounts
/// get only what is said to be for workers at the provider. A log may show those that neither are called nor look like one.
/// </summary>
public sealed partial record OperatorVariables
{
    public const string ForAll = "ROUSE_WORKER_ENV";
    public const string ForRunpod = "ROUSE_RUNPOD_WORKER_ENV";

    /// <summary>This server's own, whatever the provider.</summary>
    private static readonly HashSet<string> s_ours = new(StringComparer.Ordinal)
    {
        WorkerVariables.DeploymentId, WorkerVariables.Attempt, WorkerVariables.ControlUrl, WorkerVariables.CallbackSecret, WorkerVariables.AttemptToken, WorkerVariables.ModelId,
        WorkerVariables.ModelPath, WorkerVariables.ObjectCache, WorkerVariables.HubEndpoint, WorkerVariables.HubToken, WorkerVariables.LogTunnel,
        WorkerVariables.CleanupIdleTimeout, WorkerVariables.CleanupFailureThreshold, WorkerVariables.SoleWorker, WorkerVariables.TraceParent, WorkerVariables.Owner,
        WorkerVariables.Engine, WorkerVariables.Task, OutputVariables.Mode,
    };

    /// <summary>On this machine ours as well, elsewhere the image's.</summary>
    private static readonly HashSet<string> s_oursHere = new(StringComparer.Ordinal) { WorkerVariables.ModelCache, WorkerVariables.OnnxRuntime };

    /// <summary>Whole families: Runpod's words to its workers, where spans go, and the marks by which local workers are found again.</summary>
    private static readonly string[] s_families = ["RUNPOD_", "OTEL_", "ROUSE_LOCAL_"];

    private OperatorVariables(
        IReadOnlyDictionary<string, EnvironmentValue> local, IReadOnlyDictionary<string, EnvironmentValue> remote, IReadOnlyDictionary<string, EnvironmentValue> foreign)
    {
        (Local, Remote, Foreign) = (local, remote, foreign);
        var hidden = local.Concat(remote).SelectMany(static one => SecretSettings.Hidden(one.Key, one.Value.Hidden!.Reveal(SecretPurpose.Masking)));
        Values = [.. hidden.Distinct(StringComparer.Ordinal).Select(static value => new Secret(value))];
    }

    internal IReadOnlyDictionary<string, EnvironmentValue> Local { get; }

    /// <summary>On this server's own account.</summary>
    internal IReadOnlyDictionary<string, EnvironmentValue> Remote { get; }

    /// <summary>On a caller's account.</summary>
    internal IReadOnlyDictionary<string, EnvironmentValue> Foreign { get; }

    /// <summary>What must not be read in any worker's log.</summary>
    internal IReadOnlyList<Secret> Values { get; }

    /// <summary>Whether this server sets the variable itself, for some worker or other.</summary>
    internal static bool IsOurs(string name) => IsOursEverywhere(name) || s_oursHere.Contains(name);

    /// <exception cref="RouseHostException">One of them is this server's own, or out of bounds; names it.</exception>
    internal static OperatorVariables Of(RouseHostOptions options)
    {
        Check(ForAll, options.WorkerVariables, IsOurs);
        if (options.Runpod is not { } runpod) return new OperatorVariables(Values(options.WorkerVariables), Values([]), Values([]));
        Check(ForRunpod, runpod.WorkerVariables, IsOursEverywhere);
        var there = options.WorkerVariables.Where(one => !runpod.WorkerVariables.ContainsKey(one.Key)).Concat(runpod.WorkerVariables);
        return new OperatorVariables(Values(options.WorkerVariables), Values(there), Values(runpod.WorkerVariables));

        static Dictionary<string, EnvironmentValue> Values(IEnumerable<KeyValuePair<string, Secret>> given) =>
            given.ToDictionary(one => one.Key, one => (EnvironmentValue)one.Value, StringComparer.Ordinal);
    }

    /// <param name="setting">Named in what is thrown.</param>
    /// <param name="json">An object of texts; null for none.</param>
    /// <exception cref="RouseHostException">It is none.</exception>
    public static IReadOnlyDictionary<string, Secret> Parse(string setting, string? json)
    {
        if (string.IsNullOrWhiteSpace(json)) return ReadOnlyDictionary<string, Secret>.Empty;
        var read = new Dictionary<string, Secret>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw NoObject(setting);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.String || member.Value.GetString() is not { Length: > 0 } value)
                    throw new RouseHostException($"{setting}: the value of {member.Name} must be a text that is not empty.");
                read[member.Name] = new Secret(value);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Without the cause: it may quote what is in it.
            throw NoObject(setting);
        }

        return read;
    }

    private static RouseHostException NoObject(string setting) =>
        new($$"""{{setting}} must be a JSON object of texts, such as {"ROUSE_PROCESS_COMMAND":"python3 serve.py"}, or file:///path of a file with one.""");

    private static bool IsOursEverywhere(string name) => s_ours.Contains(name) || Array.Exists(s_families, family => name.StartsWith(family, StringComparison.Ordinal));

    private static void Check(string setting, IReadOnlyDictionary<string, Secret> given, Func<string, bool> isOurs)
    {
        if (given.Count > ServiceBounds.MaxVariables) throw new RouseHostException($"{setting} must have {ServiceBounds.MaxVariables} variables at most.");
        foreach (var (name, value) in given)
        {
            if (name.Length > ServiceBounds.MaxVariableName || !Name().IsMatch(name)) throw new RouseHostException($"{setting}: '{name}' is no name of a variable. Write A-Z, a-z, 0-9 and _, not beginning with a digit.");
            if (isOurs(name)) throw new RouseHostException($"{setting} sets {name}, which this server sets itself. Take it out.");
            var text = value.Reveal(SecretPurpose.WorkerEnvironment);
            if (text.Length > ServiceBounds.MaxVariableValue || text.Contains('\0', StringComparison.Ordinal)) throw new RouseHostException($"{setting}: the value of {name} must have {ServiceBounds.MaxVariableValue} characters at most, and no NUL.");
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
