using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.TestKit.Files;

/// <summary>A plain file host on real sockets, on two origins, as well-behaved or as faulty as each <see cref="HostedFile"/> says.</summary>
public sealed class FakeFileHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, HostedFile> _files = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private long _sent;

    private FakeFileHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Endpoint { get; private set; } = "";

    /// <summary>The second origin; it has the same files.</summary>
    public string OtherEndpoint { get; private set; } = "";

    public ConcurrentQueue<FileRequest> Requests { get; } = new();

    /// <summary>Of bodies.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    public static async Task<FakeFileHost> StartAsync()
    {
        var host = new FakeFileHost();
        await host._app.StartAsync();
        var addresses = host._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (host.Endpoint, host.OtherEndpoint) = (addresses[0], addresses[1]);
        return host;
    }

    /// <summary>Its address on the first origin.</summary>
    public string Add(string path, HostedFile file)
    {
        _files[path] = file;
        return Endpoint + path;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var origin = $"http://{context.Request.Host}";
        var headers = context.Request.Headers;
        Requests.Enqueue(new FileRequest(origin, $"{context.Request.Path}", headers.Range.Count > 0 ? $"{headers.Range}" : null, headers.Authorization.Count > 0 ? $"{headers.Authorization}" : null));
        if (!_files.TryGetValue($"{context.Request.Path}", out var file)) context.Response.StatusCode = StatusCodes.Status404NotFound;
        else if (file.Statuses.TryDequeue(out var status)) Refuse(context, file, status);
        else if (file.RedirectTo is { } target) context.Response.Redirect(target);
        else await SendAsync(context, file);
    }

    private static void Refuse(HttpContext context, HostedFile file, int status)
    {
        context.Response.StatusCode = status;
        if (file.RetryAfter is { } wait) context.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
    }

    private async Task SendAsync(HttpContext context, HostedFile file)
    {
        var content = file.Content;
        var (start, end) = (0, content.Length);
        context.Response.ContentType = file.ContentType;
        if (file.Version is { } version) context.Response.Headers.ETag = $"\"{version}\"";
        if (file.HasRanges && new RequestHeaders(context.Request.Headers).Range?.Ranges.FirstOrDefault() is { From: { } from } range)
        {
            if (from >= content.Length)
            {
                context.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                return;
            }

            (start, end) = ((int)from, (int)Math.Min((range.To ?? content.Length - 1) + 1, content.Length));
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {start}-{end - 1}/{(file.TellsWhole ? content.Length + file.ExtraLength : "*")}");
        }

        if (file.HasLength) context.Response.ContentLength = end - start + (context.Response.StatusCode == StatusCodes.Status200OK ? file.ExtraLength : 0);
        // What asks for the first bytes only is never cut or spoilt: such faults are for bodies.
        var isBody = end - start > 4_096 || !file.HasRanges;
        var cut = isBody && file.Cuts.TryDequeue(out var after) ? Math.Min(after, end - start) : end - start;
        var bytes = content.AsMemory(start, cut);
        if (isBody && file.TakeWrong()) bytes = Spoil(bytes);
        if (isBody && file.Hold is { } hold)
        {
            await context.Response.Body.WriteAsync(bytes[..(bytes.Length / 2)], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            Interlocked.Add(ref _sent, bytes.Length / 2);
            await hold.WaitAsync(context.RequestAborted);
            bytes = bytes[(bytes.Length / 2)..];
        }

        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        Interlocked.Add(ref _sent, bytes.Length);
        if (cut == end - start && file.ExtraLength == 0) return;
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private static byte[] Spoil(ReadOnlyMemory<byte> bytes)
    {
        var copy = bytes.ToArray();
        copy[^1] ^= 0x40;
        return copy;
    }
}

/// <param name="Origin">The one it reached.</param>
public sealed record FileRequest(string Origin, string Path, string? Range, string? Authorization);
