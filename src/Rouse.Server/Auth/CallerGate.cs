using System.Net;
using Microsoft.AspNetCore.Http;
using Rouse.Server.Http;
using Rouse.Server.Limits;

namespace Rouse.Server.Auth;

/// <summary>Who calls, whether it may, and whether it asks too often: the same for every route that callers use, whatever serves it.</summary>
internal sealed class CallerGate(Callers callers, RateLimits limits)
{
    /// <returns>The caller, or what to answer in its place; exactly one is set. Without a task where the credential is known already.</returns>
    public ValueTask<(Caller? Caller, IResult? Refusal)> EnterAsync(HttpContext http, NeededScope needed)
    {
        if (callers.DevelopmentMode && !IsThisMachine(http.Request.Host.Host))
        {
            // A web page on another name that resolves to loopback (DNS rebinding) must not reach an open server.
            return ValueTask.FromResult<(Caller?, IResult?)>((null, Problems.Result(ErrorCode.HostNotAllowed, "In development mode the Host must be localhost or a loopback address.")));
        }

        var identifying = callers.IdentifyAsync(http);
        return identifying.IsCompletedSuccessfully ? ValueTask.FromResult(Judge(http, needed, identifying.Result)) : WaitAsync(http, needed, identifying);
    }

    private async ValueTask<(Caller? Caller, IResult? Refusal)> WaitAsync(HttpContext http, NeededScope needed, ValueTask<Identified> identifying) => Judge(http, needed, await identifying);

    private (Caller? Caller, IResult? Refusal) Judge(HttpContext http, NeededScope needed, Identified identified)
    {
        if (identified.Caller is not { } caller) return (null, identified.Refusal!.Answer(http));
        if (limits.Refuse(http, caller.Tenant) is { } tooMany) return (null, tooMany);
        return caller.Scopes.Holds(needed.Scope) ? (caller, null) : (null, CallerFilter.Forbidden(needed.Scope));
    }

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
