using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Server.Secrets;
using Rouse.Store.Secrets;

namespace Rouse.Server.Caching;

/// <summary>Whose cache, and where.</summary>
/// <param name="Owner">Null for the operator's.</param>
/// <param name="Root">Where all models of this owner lie.</param>
internal sealed record CachePlace(TenantId? Owner, S3Location Root)
{
    /// <summary>Where one commit of a model lies: <c>org--name/commit</c>.</summary>
    public S3Location Of(string model, string commit) => Root.Under($"{Slug(model)}/{commit}");

    /// <summary>What a model without a revision is asked for as.</summary>
    public static string Revision(DeploymentSpec spec) => spec.Model.Revision ?? "main";

    // A repository's name holds no two dashes in a row, so no two models have one slug.
    public static string Slug(string model) => model.Replace("/", "--", StringComparison.Ordinal);
}

/// <summary>Knows where each scope's copies lie, and opens the stores.</summary>
/// <param name="shared">Null where the operator has set up none.</param>
internal sealed class CachePlaces(AccountNames names, SecretStore secrets, SecretCipher cipher, S3Clients clients, SharedCache? shared = null)
{
    /// <returns>Null where the deployment uses no cache, or its kind is not offered any more.</returns>
    public CachePlace? Of(TenantId tenant, DeploymentSpec spec) => spec switch
    {
        { Cache: CacheScope.Shared } when shared is not null && shared.Models.Contains(spec.Model.Id) => new CachePlace(Owner: null, shared.Location),
        { Cache: CacheScope.Private, CacheStore: { } own } => new CachePlace(tenant, own.Under(names.TenantFolder(tenant))),
        _ => null,
    };

    /// <param name="deployment">Whose keys open a tenant's store.</param>
    /// <returns>Null when they are gone, or the operator has set up no store any more.</returns>
    public async ValueTask<S3Store?> OpenAsync(TenantId? owner, DeploymentId? deployment, S3Location location, CancellationToken ct)
    {
        if (owner is not { } tenant) return shared is null ? null : clients.Open(location, shared.Keys, isOperators: true);
        if (deployment is not { } id || await secrets.GetAsync(tenant, id.Value, SecretKinds.StoreKeys, ct) is not { } found) return null;
        return clients.Open(location, S3Keys.Split(cipher.Open(tenant, id.Value, found)), isOperators: false);
    }

    /// <summary>What may be shown to the hub: nothing for the operator's store, or what only one tenant may see would end up there.</summary>
    public async ValueTask<Secret?> HubTokenAsync(TenantId? owner, DeploymentId? deployment, CancellationToken ct) =>
        owner is { } tenant && deployment is { } id && await secrets.GetAsync(tenant, id.Value, SecretKinds.HubToken, ct) is { } found
            ? cipher.Open(tenant, id.Value, found)
            : null;
}
