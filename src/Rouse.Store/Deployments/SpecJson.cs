using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rouse.Core.Deployments;

namespace Rouse.Store.Deployments;

/// <summary>A spec in its column. A member that an older row does not know takes the default of its declaration.</summary>
internal static class SpecJson
{
    // Generated code sets init-only members to nothing where the text has none (dotnet/runtime#58770); reading by reflection leaves their defaults.
    private static readonly JsonSerializerOptions s_options = new(StoreJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    public static string Write(DeploymentSpec spec) => JsonSerializer.Serialize(spec, s_options);

    public static DeploymentSpec Read(string json) => JsonSerializer.Deserialize<DeploymentSpec>(json, s_options)!;
}
