using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.OpenApi;
using Rouse.Contracts.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;

namespace Rouse.Server.Features.Forwarding;

/// <summary>Every path of every service. A plain delegate, for speed; what callers' routes have in common is <see cref="CallerGate"/>'s.</summary>
internal static class GatewayRoutes
{
    private const string Rules =
        "`{deployment}` is an id or your own name of a service; the rest is the service's own path, and method, headers and body go to it as they are, but for the headers of one hop and your credential. "
        + "The request is held while the service wakes or is busy: `Prefer: wait=N` bounds that to N seconds, `Prefer: respond-async` makes a job of it (202). "
        + "Answers say `X-Rouse-Cold-Start` and `X-Rouse-Waited-Ms`, refusals `Retry-After`, `X-Rouse-Queue-Position` and `X-Rouse-Expected-Wait-Seconds`. Whatever the service itself answers is relayed.";

    // A plain delegate does not say of itself what is in its path.
    private static readonly ParameterRule s_deployment = new("deployment", ParameterLocation.Path, ParameterRules.Text(1, 200), "An id, or your own name of a service.");
    private static readonly ParameterRule s_path = new("path", ParameterLocation.Path, ParameterRules.Text(0, 8000), "The service's own path, of any number of segments, or nothing.");

    public static void MapGateway(this IEndpointRouteBuilder app)
    {
        var one = app.ServiceProvider.GetRequiredService<ForwardRequest>();
        // Its method is what the document's generator looks for.
        RequestDelegate handle = one.HandleAsync;
        var keeper = app.ServiceProvider.GetRequiredService<Doorkeeper>();
        app.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(keeper.BeginStop);
        // WebSockets over HTTP/2 (RFC 8441). OpenAPI has no such method.
        app.MapMethods("/d/{deployment}/{**path}", [HttpMethods.Connect], handle).Needs(Auth.Scope.Run).ExcludeFromDescription().WithMetadata(Bare.Answers);
        foreach (var method in new[] { "Get", "Post", "Put", "Patch", "Delete", "Head", "Options" })
        {
            app.MapMethods("/d/{deployment}/{**path}", [method.ToUpperInvariant()], handle).Needs(Auth.Scope.Run)
                .WithName($"Forward{method}").WithTags("gateway").WithSummary("Forwards to a service, waking it if need be").WithDescription(Rules)
                .WithMetadata(
                    handle.Method, s_deployment, s_path, Bare.Answers, new ProducesResponseTypeMetadata(StatusCodes.Status200OK), new RelaysAnswers(),
                    new ProducesResponseTypeMetadata(StatusCodes.Status202Accepted, typeof(QueuedReply), ["application/json"]),
                    new RefusedCodes([.. GatewayErrors.All, .. AsyncRequests.Refusals]));
        }
    }

    /// <summary>A service's answers without a body are relayed as they are.</summary>
    private sealed class Bare : ISkipStatusCodePagesMetadata
    {
        public static readonly Bare Answers = new();
    }
}
