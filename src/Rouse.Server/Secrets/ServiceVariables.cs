using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>The variables that a caller wrote for a service's container: sealed as one, opened when the container is ordered and where they must be hidden.</summary>
internal sealed class ServiceVariables(SecretStore secrets, SecretCipher cipher)
{
    /// <summary>The word under which they are kept, with a deployment as owner.</summary>
    public const string Kind = "service_env";

    /// <summary>Containers by convention listen where this says.</summary>
    public const string Port = "PORT";

    /// <returns>Null when there are none.</returns>
    public static Secret? Join(IReadOnlyDictionary<string, string> values) =>
        values.Count == 0 ? null : new Secret(JsonSerializer.Serialize(new Dictionary<string, string>(values, StringComparer.Ordinal), ServiceVariablesJson.Default.DictionaryStringString));

    public static IReadOnlyDictionary<string, string> Split(Secret joined, SecretPurpose purpose) =>
        JsonSerializer.Deserialize(joined.Reveal(purpose), ServiceVariablesJson.Default.DictionaryStringString)!;

    /// <summary>All that a service's container gets. None of our own worker's: nothing of ours runs there.</summary>
    public async ValueTask<IReadOnlyDictionary<string, EnvironmentValue>> ForAsync(DeploymentState row, HttpService service, CancellationToken ct)
    {
        var environment = new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal);
        if (service.Image is null) return environment;
        environment[Port] = service.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (await secrets.GetAsync(row.Tenant, row.Id.Value, Kind, ct) is not { } found) return environment;
        foreach (var (name, value) in Split(cipher.Open(row.Tenant, row.Id.Value, found), SecretPurpose.WorkerEnvironment))
        {
            environment[name] = value.Length == 0 ? "" : new Secret(value);
        }

        return environment;
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ServiceVariablesJson : JsonSerializerContext;
