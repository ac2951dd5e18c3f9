using System.Net.Http;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Gateway.Forwarding;
using Rouse.Server.Egress;

namespace Rouse.Server.Composition;

/// <summary>The way to backends: openly to what Rouse or a provider made, under the policy to what a caller named.</summary>
internal static class ForwardingServices
{
    public static void Add(IServiceCollection services) => services
        .AddSingleton(provider => new BackendHttp(
            new HttpMessageInvoker(BackendHandler.Open()),
            new HttpMessageInvoker(BackendHandler.Tune(EgressHandler.Create(provider.GetRequiredService<EgressPolicy>(), BackendHandler.MaxConnectionsPerServer)))))
        .AddSingleton<Forwarder>();
}
