using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;

namespace Rouse.Server.Http;

internal static class RouteErrors
{
    /// <summary>
    /// Documents the problems of a route's own: status and code. What every route of its kind answers (no credential, unreadable body, no store) is
    /// added by <see cref="OpenApiAnswers"/>.
    /// </summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes)
    {
        foreach (var code in codes) route.Produces<Problem>(code.Status, OpenApiAnswers.ProblemType);
        return route.WithMetadata(new RefusedCodes([.. codes]));
    }
}

/// <summary>On a route: the codes it names itself.</summary>
internal sealed record RefusedCodes(IReadOnlyList<ErrorCode> Codes);
