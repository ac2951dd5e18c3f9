using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;

namespace Rouse.Server.Http;

internal static class RouteErrors
{
    /// <summary>Documents the problems a route answers with; one entry per status.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes)
    {
        foreach (var code in codes) route.Produces<Problem>(code.Status, "application/problem+json");
        return route;
    }
}
