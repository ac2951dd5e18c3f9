using Rouse.Core.Tenancy;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Catalog;

/// <summary>Checks of keys a tenant may ask for: a server that tells whether a key is good is a place to try stolen ones.</summary>
internal sealed class CallBudget(TimeProvider time) : SlidingBudget<TenantId>(Most, MaxTenants, Window, time)
{
    /// <summary>Enough for a person who types; a list of keys takes hours.</summary>
    public const int Most = 10;

    public const int MaxTenants = 10_000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
}
