using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Rouse.Server.Auth;

/// <summary>What a key may do. Each holds all before it, except that <see cref="Admin"/> is about the server, for its operator.</summary>
internal enum Scope
{
    /// <summary>Look at deployments, jobs, costs and logs.</summary>
    Read,

    /// <summary>Send jobs to what is deployed.</summary>
    Run,

    /// <summary>Deploy and remove, set up webhooks: spend the tenant's money.</summary>
    Deploy,

    /// <summary>Make and revoke keys of the tenant.</summary>
    Keys,

    /// <summary>Operate the server: doctor, cleanup, metrics, tenants, the shared cache.</summary>
    Admin,
}

/// <summary>On a route: the scope its caller needs.</summary>
internal sealed record NeededScope(Scope Scope);

internal static class ScopeRoutes
{
    /// <summary>Every route behind <see cref="CallerFilter"/> says which scope it needs; one that does not is refused at start.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, Scope scope)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new NeededScope(scope));
}
