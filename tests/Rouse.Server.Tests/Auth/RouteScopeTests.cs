using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Auth;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Auth;

/// <summary>Every route says who it is for: callers with a scope, or, with a reason, anybody.</summary>
public sealed class RouteScopeTests
{
    [Fact]
    public async Task EveryRoute_NeedsAScopeOrSaysWhyNot()
    {
        IApplicationBuilder app = null!;
        await using var server = await TestServer.StartAsync(options => options with { Wrap = built => app = built });
        var endpoints = app.ApplicationServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(endpoints.Count >= 30, $"{endpoints.Count} routes");
        Assert.All(endpoints, endpoint =>
        {
            var (needs, open) = (endpoint.Metadata.GetMetadata<NeededScope>() is not null, endpoint.Metadata.GetMetadata<OpenRoute>() is not null);
            Assert.True(needs != open, $"{endpoint.DisplayName} must say either .Needs(scope), and be behind CallerFilter, or .IsOpen(why).");
        });
    }
}
