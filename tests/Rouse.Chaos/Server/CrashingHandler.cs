using System.Net;

namespace Rouse.Chaos.Server;

/// <summary>The real sockets to Runpod, with a crash point before each request and after each answer: in the middle of a verb that takes several.</summary>
internal sealed class CrashingHandler(CrashPoint crash) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All })
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        await crash.AroundAsync(Name(request), async () => await base.SendAsync(request, cancellationToken));

    private static string Name(HttpRequestMessage request)
    {
        var parts = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
        var what = parts is ["v2", _, "run"] ? "run" : parts is ["v2", "serverless", _] ? "endpoint" : parts[^1];
        return $"runpod.{request.Method.Method.ToLowerInvariant()}-{what}";
    }
}
