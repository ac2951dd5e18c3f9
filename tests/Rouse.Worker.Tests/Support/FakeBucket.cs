using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.Worker.Tests.Support;

/// <summary>HEAD, PUT and GET of whole objects on a real socket, for whoever brings a signature. That signatures are right, Swift is asked.</summary>
internal sealed class FakeBucket : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new();

    private FakeBucket(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>What it answers to everything; null when it works.</summary>
    public int? Trouble { get; set; }

    /// <summary>Takes bytes and forgets them.</summary>
    public bool Forgets { get; set; }

    /// <summary>Its time, where it is not this machine's.</summary>
    public DateTimeOffset? Date { get; set; }

    public int Puts => Requests.Count(static line => line.StartsWith("PUT", StringComparison.Ordinal));

    public static async Task<FakeBucket> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<KestrelServerOptions>(static kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var bucket = new FakeBucket(app);
        app.Run(bucket.AnswerAsync);
        await app.StartAsync();
        bucket.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return bucket;
    }

    /// <summary>For a worker's environment.</summary>
    public void Tell(IDictionary<string, string> variables)
    {
        variables["BUCKET_ENDPOINT_URL"] = Url + "/bucket/made";
        variables["BUCKET_ACCESS_KEY_ID"] = "key-id-of-a-bucket";
        variables["BUCKET_SECRET_ACCESS_KEY"] = "secret-of-a-bucket";
    }

    public async Task<byte[]> ReadAsync(string url) => await _http.GetByteArrayAsync(url);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Requests.Enqueue($"{request.Method} {request.Path}");
        if (Date is { } date) response.Headers.Date = date.ToString("r");
        response.StatusCode = Trouble ?? (request.Query.ContainsKey("X-Amz-Signature") ? 200 : 403);
        if (response.StatusCode != 200) return;
        if (request.Method == "PUT" && Forgets) await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        else if (request.Method == "PUT")
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, context.RequestAborted);
            Objects[request.Path] = body.ToArray();
        }
        else if (!Objects.TryGetValue(request.Path, out var found)) response.StatusCode = 404;
        else
        {
            response.ContentLength = found.Length;
            response.Headers.ETag = $"\"{Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(found))}\"";
            if (request.Method == "GET") await response.Body.WriteAsync(found, context.RequestAborted);
        }
    }
}
