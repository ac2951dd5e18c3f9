using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Weights;

/// <summary>
/// A copy in an object store, read by addresses that allow it for a short time; when they have run out, new ones are asked for. No redirect is followed,
/// and where the control plane names network addresses, no other is connected to.
/// </summary>
internal sealed class ObjectSource : IFileSource, IDisposable
{
    private readonly HttpClient _http;
    private readonly Func<CancellationToken, Task<WorkerCacheReply?>> _again;
    private readonly SemaphoreSlim _renewing = new(1);
    private ConcurrentDictionary<string, Uri> _urls = new(StringComparer.Ordinal);
    private IPAddress[]? _addresses;
    private string? _commit;
    private long _requests;
    private long _bytes;

    /// <param name="first">A hit.</param>
    /// <param name="again">Asks for new addresses.</param>
    public ObjectSource(WorkerCacheReply first, Func<CancellationToken, Task<WorkerCacheReply?>> again)
    {
        _again = again;
        Take(first);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (_addresses is not null)
        {
            handler.UseProxy = false;
            handler.ConnectCallback = ConnectAsync;
        }

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Of bodies that were begun.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Something is missing, or differs from what the control plane says of it.</summary>
    public bool IsDamaged { get; set; }

    public void Dispose()
    {
        _http.Dispose();
        _renewing.Dispose();
    }

    public FileAddress Address(HubListing listing, HubFile file) => new() { Model = listing.Model, AtHub = new Uri(file.Path, UriKind.Relative), Size = file.Size };

    public async Task<HttpResponseMessage> OpenAsync(FileAddress file, long start, long end, CancellationToken ct)
    {
        var path = file.AtHub.OriginalString;
        var url = _urls[path];
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11 };
        var whole = start == 0 && end == file.Size;
        if (!whole) request.Headers.Range = new RangeHeaderValue(start, end - 1);
        Interlocked.Increment(ref _requests);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        try
        {
            return await CheckAsync(response, path, url, whole, start, end, ct);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public WeightsException Unavailable(string why) => new(FaultCodes.HubUnavailable, $"The object store does not serve the model now ({why}).");

    private async Task<HttpResponseMessage> CheckAsync(HttpResponseMessage response, string path, Uri url, bool whole, long start, long end, CancellationToken ct)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK when whole && (response.Content.Headers.ContentLength ?? end) == end:
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == start:
                Interlocked.Add(ref _bytes, end - start);
                return response;
            case HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.NotFound:
                IsDamaged = true;
                throw new WeightsException(FaultCodes.ModelUnusable, $"{path} does not lie in the object store as it was put there (HTTP {(int)response.StatusCode}).");
            case HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest:
                await RenewAsync(path, url, ct);
                throw new PassingFault($"HTTP {(int)response.StatusCode}");
            default:
                throw HubFaults.IsPassing(response.StatusCode)
                    ? new PassingFault($"HTTP {(int)response.StatusCode}")
                    : Unavailable($"HTTP {(int)response.StatusCode}");
        }
    }

    /// <summary>New addresses in place of those that were refused; one connection asks for all.</summary>
    private async Task RenewAsync(string path, Uri refused, CancellationToken ct)
    {
        await _renewing.WaitAsync(ct);
        try
        {
            if (_urls[path] != refused) return;
            if (await _again(ct) is not { Hit: true } reply || reply.Commit != _commit) throw Unavailable("its addresses have run out");
            Take(reply);
            if (!_urls.ContainsKey(path)) throw Unavailable("it lacks a file by now");
        }
        finally
        {
            _renewing.Release();
        }
    }

    private void Take(WorkerCacheReply reply)
    {
        _commit = reply.Commit;
        _addresses = reply.Addresses is { } named ? [.. named.Select(IPAddress.Parse)] : null;
        ConcurrentDictionary<string, Uri> urls = new(StringComparer.Ordinal);
        foreach (var file in reply.Files!) urls[file.Path] = new Uri(file.Url);
        _urls = urls;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_addresses ?? [], context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
