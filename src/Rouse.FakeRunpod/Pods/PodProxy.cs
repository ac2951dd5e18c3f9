using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

/// <summary>
/// What <c>https://{pod}-{port}.proxy.runpod.net</c> is on the real service, as the path <c>/{pod}-{port}/…</c>: 404 for a pod that does not run or does
/// not serve the port, 502 where nothing listens. Bodies stream both ways; upgrades are not passed on.
/// </summary>
internal sealed class PodProxy(RunpodWorld world, Func<Func<string, int, Uri?>> servers) : IDisposable
{
    private static readonly HashSet<string> s_notPassed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer",
    };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    public async Task HandleAsync(HttpContext context)
    {
        var (label, tail) = Split(context.Request.Path.Value!);
        if (Find(label) is not { } target)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            if (servers()(target.Pod, target.Port) is { } server) await PassAsync(context, new Uri(server.ToString().TrimEnd('/') + tail + context.Request.QueryString));
            else context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException && !context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // Cut off in the middle, on either side: so is the other.
            context.Abort();
        }
    }

    public void Dispose() => _http.Dispose();

    private static (string Label, string Tail) Split(string path)
    {
        var slash = path.IndexOf('/', 1);
        return slash < 0 ? (path[1..], "/") : (path[1..slash], path[slash..]);
    }

    private (string Pod, int Port)? Find(string label)
    {
        var dash = label.LastIndexOf('-');
        if (dash < 1 || !int.TryParse(label.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        var id = label[..dash];
        return world.Read(() => world.Pods.Alive.FirstOrDefault(pod => pod.Id == id) is { State: PodState.Running } pod && pod.Serves(port)) ? (id, port) : null;
    }

    private async Task PassAsync(HttpContext context, Uri target)
    {
        var request = context.Request;
        using var passed = new HttpRequestMessage(new HttpMethod(request.Method), target);
        var hasBody = request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
        if (hasBody) passed.Content = new StreamContent(request.Body);
        foreach (var (name, values) in request.Headers)
        {
            if (s_notPassed.Contains(name)) continue;
            if (!passed.Headers.TryAddWithoutValidation(name, [.. values])) passed.Content?.Headers.TryAddWithoutValidation(name, [.. values]);
        }

        using var answer = await _http.SendAsync(passed, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!s_notPassed.Contains(name)) context.Response.Headers[name] = values.ToArray();
        }

        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            // Streams of events must not wait for a full buffer.
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
