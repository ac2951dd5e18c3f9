using Microsoft.AspNetCore.Http;
using Rouse.Server.Auth;

namespace Rouse.Server.Limits;

/// <summary>Counts what comes from an address, for the operations that ask for a credential, before anything is done for them.</summary>
internal sealed class AddressLimit(RequestDelegate next, RateLimits limits)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeededScope>() is null)
        {
            await next(context);
            return;
        }

        if (!limits.TryTake(context))
        {
            await RateLimits.Refuse(context, "More requests, or more with wrong keys, came from your address than one may send in a minute.").ExecuteAsync(context);
            return;
        }

        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized) limits.CountRefused(context);
    }
}
