using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.TestKit.Firestore;

/// <summary>The metadata server of a Google machine, as far as it gives out tokens: <c>token-1</c>, <c>token-2</c>, …</summary>
public sealed class FakeMetadata : IAsyncDisposable
{
    /// <summary>Seconds until a token expires, by what is answered.</summary>
    public const int Life = 3599;

    private readonly WebApplication _app;
    private int _tokens;

    private FakeMetadata()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/computeMetadata/v1/instance/service-accounts/default/token", (HttpContext context) => context.Request.Headers["Metadata-Flavor"] == "Google"
            ? Results.Text($$"""{"access_token":"token-{{Interlocked.Increment(ref _tokens)}}","expires_in":{{Life}},"token_type":"Bearer"}""", "application/json")
            : Results.StatusCode(StatusCodes.Status403Forbidden));
    }

    public Uri Endpoint { get; private set; } = null!;

    public static async Task<FakeMetadata> StartAsync()
    {
        var server = new FakeMetadata();
        await server._app.StartAsync();
        server.Endpoint = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
