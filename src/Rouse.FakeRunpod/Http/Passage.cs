using Microsoft.AspNetCore.Http;

namespace Rouse.FakeRunpod.Http;

/// <summary>Hands a request on to the server of a container, and its answer back. Bodies stream both ways; upgrades are not passed on.</summary>
internal sealed class Passage : IDisposable
{
    private static readonly HashSet<string> s_notPassed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Trailer",
    };

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    /// <summary>The first segment of a path, and what follows it.</summary>
    public static (string Label, string Tail) Split(string path)
    {
        var slash = path.IndexOf('/', 1);
        return slash < 0 ? (path[1..], "/") : (path[1..slash], path[slash..]);
    }

    /// <param name="target">Null where nothing listens.</param>
    public async Task PassAsync(HttpContext context, Uri? target)
    {
        try
        {
            if (target is null) context.Response.StatusCode = StatusCodes.Status502BadGateway;
            else await HandOnAsync(context, target);
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

    /// <returns>The status of a GET; null where nobody answers.</returns>
    public async Task<int?> StatusAsync(Uri target, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            using var answer = await _http.SendAsync(request, ct);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task HandOnAsync(HttpContext context, Uri target)
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
