using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Server.Auth;

namespace Rouse.Server.Features.Operations;

/// <summary><c>GET /</c> and <c>GET /health</c>: that the process answers, and nothing more. No credential, no store.</summary>
internal static class Liveness
{
    private const string Why = "Balancers and people look whether anybody answers.";

    public static string Version { get; } =
        typeof(Liveness).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static readonly IResult s_ok = Results.Json(new StatusReply("ok"), RouseJson.Default.StatusReply);
    private static readonly IResult s_service = Results.Json(new ServiceReply("rouse", Version, "/openapi.json"), RouseJson.Default.ServiceReply);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => s_service).IsOpen(Why).WithName("getService").WithSummary("Name and version").WithTags("operations").Produces<ServiceReply>();
        routes.MapGet("/health", () => s_ok).IsOpen(Why).WithName("getHealth").WithSummary("Liveness: the process answers").WithTags("operations").Produces<StatusReply>();
    }
}
