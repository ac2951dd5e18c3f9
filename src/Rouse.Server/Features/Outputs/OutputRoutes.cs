using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Outputs;

/// <summary>What jobs made: from workers, and to whoever was given its address or owns it.</summary>
internal static class OutputRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        OfferOutput.Map(app);
        SendOutput.Map(app);
        FetchOutput.Map(app.MapGroup("").WithTags("outputs"));
        ShowOutput.Map(app.MapGroup("").WithTags("outputs").AddEndpointFilter<CallerFilter>());
    }
}
