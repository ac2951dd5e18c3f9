using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;

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

    /// <summary>Operate the server: metrics, tenants, the shared cache. Says nothing about any tenant's things.</summary>
    Admin,
}

/// <summary>On a route: the scope its caller needs.</summary>
internal sealed record NeededScope(Scope Scope);

/// <summary>On a route that <see cref="CallerFilter"/> does not guard: who it is for instead.</summary>
/// <param name="Why">A sentence: why no caller's credential is asked for.</param>
internal sealed record OpenRoute(string Why);

internal static class ScopeRoutes
{
    /// <summary>What <see cref="CallerFilter"/> itself can answer: no or no good key, one without the scope, too many tries, a provider that cannot be asked.</summary>
    private static readonly int[] s_refusals =
        [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status429TooManyRequests, StatusCodes.Status503ServiceUnavailable];

    /// <summary>Every route behind <see cref="CallerFilter"/> says which scope it needs; one that does not serves nobody.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, Scope scope)
        where TBuilder : IEndpointConventionBuilder
    {
        var refusals = s_refusals.Select(object (status) => new ProducesResponseTypeMetadata(status, typeof(Problem), ["application/problem+json"]));
        return route.WithMetadata([new NeededScope(scope), .. refusals]);
    }

    /// <summary>For routes without <see cref="CallerFilter"/>: anybody's, or those of workers, which show the secret of their attempt.</summary>
    public static TBuilder IsOpen<TBuilder>(this TBuilder route, string why)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new OpenRoute(why));
}
