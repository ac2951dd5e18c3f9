using Rouse.Contracts.Tenants;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Composition;
using Rouse.Server.Features.Tenants;
using Rouse.Store.Tenants;

namespace Rouse.Server;

/// <summary>Makes the first key of a server that does not run yet: whoever can write its data folder is its operator.</summary>
public static class OfflineKeys
{
    /// <param name="options">Where the server's state is and what opens its secrets; no server may hold the folder.</param>
    /// <param name="request">As <c>POST /v1/keys</c> takes it. Without scopes it may do everything; without a tenant it is the operator's.</param>
    /// <exception cref="RouseHostException">It cannot be made; the message says why.</exception>
    public static async Task<CreatedKey> CreateAsync(RouseHostOptions options, CreateKeyRequest request, CancellationToken ct)
    {
        var time = options.Time;
        if (!KeyMaker.IsName(request.Name)) throw new RouseHostException($"A key's name has 1 to {KeyMaker.MaxName} characters.");
        if (!Scopes.TryParse(request.Scopes ?? Scopes.All.Words, out var scopes)) throw new RouseHostException($"Scopes are of: {string.Join(", ", Scopes.AllWords)}.");
        if (!TenantId.TryParse(request.Tenant ?? "default", out var tenant) || tenant.Value.StartsWith(GuestNames.Prefix, StringComparison.Ordinal))
        {
            throw new RouseHostException($"A tenant has 1 to 64 characters of a-z, 0-9, _ and -, and does not begin with {GuestNames.Prefix}.");
        }

        using var folder = DataFolder.Open(options.DataFolder);
        await using var store = await RouseHost.OpenAsync(options.Database, folder, ct);
        var installation = await Installation.LoadAsync(store, options, folder, ct);
        if (!await new TenantStore(store, time).EnsureAsync(tenant, TenantKind.Operator, ct)) throw new RouseHostException($"The tenant {tenant} would have the short name of another at providers. Choose another name.");
        TimeSpan? life = request.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var (record, key) = new KeyMaker(new KeyDigests(installation.Key), time).Make(tenant, request.Name!, scopes, life);
        return await new ApiKeyStore(store, time).TryInsertAsync(record, CreateKey.MostKeys, ct) is not null
            ? KeyViews.WithKey(record, key)
            : throw new RouseHostException($"{tenant} has {CreateKey.MostKeys} keys already. Revoke some.");
    }
}
