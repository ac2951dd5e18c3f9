using System.Text.Json;

namespace Rouse.Server.Tests.Tenants;

/// <summary>Things of a tenant that paths speak of, beside deployments, jobs and keys. A new kind of id in a path gets its line here.</summary>
internal static class Ids
{
    /// <param name="post">Makes something in the tenant's name: path, body → answer.</param>
    public static Task<IReadOnlyDictionary<string, string>> OthersAsync(Func<string, string, Task<JsonElement>> post)
    {
        ArgumentNullException.ThrowIfNull(post);
        return Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>(StringComparer.Ordinal));
    }
}
