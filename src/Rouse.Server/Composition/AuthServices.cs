using Microsoft.Extensions.DependencyInjection;
using Rouse.Providers.Runpod;
using Rouse.Server.Auth;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.Tenants;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Tenants;

namespace Rouse.Server.Composition;

/// <summary>What tells callers apart.</summary>
internal static class AuthServices
{
    /// <param name="keys">Of the configuration.</param>
    public static void Add(IServiceCollection services, RouseHostOptions options, ApiKeys keys, Installation installation)
    {
        services.AddSingleton(keys).AddSingleton<TenantStore>().AddSingleton<ApiKeyStore>().AddSingleton<IdentityStore>();
        services.AddSingleton(new KeyDigests(installation.Key)).AddSingleton<CallerCache>().AddSingleton<KeyMaker>().AddSingleton<RepeatedKeys>().AddSingleton<CredentialBook>();
        services.AddSingleton<Callers>().AddSingleton<AccountKeys>().AddSingleton<Payers>().AddSingleton<KeyRotation>();
        services.AddSingleton(new KeyChecksBudget(options.KeyChecksPerMinute, options.Time)).AddSingleton(new RejectedKeys(options.Time));
        services.AddSingleton(provider => new RunpodAccounts(
            new RunpodAccountCheck(RunpodCapacity.CreateClient(options)), provider.GetRequiredService<KeyDigests>(), provider.GetRequiredService<AccountNames>(), options.Time));
        if (options.Runpod is { Login: true }) services.AddSingleton<RunpodLogins>();
    }

    /// <summary>Looks whether there are keys in the store, and writes the tenants down that the configuration names, so that they can be listed and disabled as all others.</summary>
    /// <exception cref="RouseHostException">Two tenants would have the same short name at providers.</exception>
    public static async ValueTask ReadStoreAsync(Database database, ApiKeys keys, TimeProvider time, CancellationToken ct)
    {
        keys.HasStored = await new ApiKeyStore(database, time).AnyAsync(ct);
        var tenants = new TenantStore(database, time);
        foreach (var tenant in keys.Tenants.Append(Callers.LocalTenant))
        {
            if (tenant.Value.StartsWith(GuestNames.Prefix, StringComparison.Ordinal)) throw new RouseHostException($"ROUSE_API_KEYS: names that begin with {GuestNames.Prefix} are given by the server.");
            if (await tenants.EnsureAsync(tenant, TenantKind.Operator, ct)) continue;
            throw new RouseHostException($"ROUSE_API_KEYS: the tenant {tenant} would have the short name of another tenant at providers. Give it another name.");
        }
    }
}
