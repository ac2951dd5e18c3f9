using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Rouse.Worker.Egress;
using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>
/// One file at one address: what it is, and ranges of it. Each redirect is judged like the address itself, and a token goes to its own origin only. Where
/// the server knows no ranges, all comes from the beginning.
/// </summary>
internal sealed class UrlSource(HttpClient http, LibrarySettings settings, string name, ModelAddress address, TimeProvider time)
{
    private const int MaxRedirects = 5;

    // Where the redirects led; null before, and when that address was refused.
    private Uri? _movedTo;
    private RemoteStart? _known;

    /// <summary>Asks for the first bytes. Throws <see cref="PassingFault"/> or <see cref="ModelFileException"/>.</summary>
    public async Task<RemoteStart> StartAsync(CancellationToken ct)
    {
        var (response, url, hadToken) = await SendAsync(new RangeHeaderValue(0, FileContent.StartLength - 1), ct);
        using (response)
        {
            // An empty file has no first byte.
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) throw ModelFileFaults.Content(name, "it is empty");
            if (!response.IsSuccessStatusCode) throw Fault(response, url, hadToken);
            var content = response.Content.Headers;
            if (content.ContentType?.MediaType is "text/html") throw ModelFileFaults.WebPage(name, url);
            var hasRanges = response.StatusCode == HttpStatusCode.PartialContent && content.ContentRange is { From: 0, Length: not null };
            // The length of an answer in parts is that of the part.
            var length = hasRanges ? content.ContentRange!.Length : response.StatusCode == HttpStatusCode.OK ? content.ContentLength : null;
            if (length is not { } size) throw ModelFileFaults.Content(name, "the server does not say how long it is");
            if (content.ContentEncoding.Count > 0) throw ModelFileFaults.Content(name, "the server packs it (Content-Encoding)");
            if (size == 0) throw ModelFileFaults.Content(name, "it is empty");
            _movedTo = url;
            return _known = new RemoteStart(size, Version(response), hasRanges, await ReadStartAsync(response, size, ct));
        }
    }

    /// <inheritdoc cref="RemoteFile.Open"/>
    public async Task<RemoteBody> OpenAsync(long start, long end, bool checkVersion, CancellationToken ct)
    {
        var known = _known ?? throw new InvalidOperationException("Its start is asked for first.");
        var (response, url, hadToken) = await SendAsync(known.HasRanges ? new RangeHeaderValue(start, end - 1) : null, ct);
        try
        {
            if (!response.IsSuccessStatusCode) throw Fault(response, url, hadToken);
            if (checkVersion && Version(response) != known.Version) throw ModelFileFaults.Changed(name);
            _movedTo = url;
            if (!known.HasRanges)
            {
                if (response.Content.Headers.ContentLength != known.Size) throw ModelFileFaults.Changed(name);
                return new RemoteBody(response, Skip: start);
            }

            if (response.Content.Headers.ContentRange is not { } range || range.From != start) throw new PassingFault("another range came than was asked for");
            return range.Length == known.Size ? new RemoteBody(response) : throw ModelFileFaults.Changed(name);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<(HttpResponseMessage Response, Uri Url, bool HadToken)> SendAsync(RangeHeaderValue? range, CancellationToken ct)
    {
        var url = _movedTo ?? address.Url;
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            // HTTP/2 would put all ranges on one connection, and that is what is limited.
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11 };
            request.Headers.Range = range;
            var token = settings.Tokens.FirstOrDefault(token => token.IsFor(url));
            if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
            var response = await SendAsync(request, ct);
            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location) return (response, url, token is not null);
            response.Dispose();
            if (!Uri.TryCreate(url, location, out var next)) throw ModelFileFaults.Address(name, $"{url.Host} redirects to what is no URL");
            url = ModelAddress.Parse(name, next.AbsoluteUri, settings.Hosts).Url;
        }

        throw ModelFileFaults.Address(name, $"it leads through more than {MaxRedirects} redirects");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException fault)
        {
            // A host that does not answer any more may not be the one that is redirected to now.
            _movedTo = null;
            for (Exception? inner = fault; inner is not null; inner = inner.InnerException)
            {
                if (inner is ForbiddenHostException forbidden) throw ModelFileFaults.Forbidden(name, forbidden.Host);
                if (inner is SocketException { SocketErrorCode: SocketError.HostNotFound }) throw ModelFileFaults.Address(name, $"there is no host {request.RequestUri!.IdnHost}");
            }

            throw new PassingFault(fault.Message);
        }
    }

    private Exception Fault(HttpResponseMessage response, Uri url, bool hadToken)
    {
        // A permission that has run out is refused where the address leads to, to all connections at once: its beginning may give a new one.
        _movedTo = null;
        if (_known is not null && url != address.Url && !HubFaults.IsPassing(response.StatusCode))
        {
            return new PassingFault($"HTTP {(int)response.StatusCode} from {url.Host}") { Final = ModelFileFaults.Refused(name, url, response.StatusCode, hadToken) };
        }

        var retryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - time.GetUtcNow() : null;
        return HubFaults.IsPassing(response.StatusCode)
            ? new PassingFault($"HTTP {(int)response.StatusCode}", retryAfter) { Final = ModelFileFaults.Refused(name, url, response.StatusCode, hadToken) }
            : ModelFileFaults.Refused(name, url, response.StatusCode, hadToken);
    }

    private static string? Version(HttpResponseMessage response) => response.Headers.ETag?.ToString() ?? response.Content.Headers.LastModified?.ToString("O");

    private static async Task<byte[]> ReadStartAsync(HttpResponseMessage response, long size, CancellationToken ct)
    {
        try
        {
            var start = new byte[(int)Math.Min(FileContent.StartLength, size)];
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            var read = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, ct);
            return read == start.Length ? start : throw new PassingFault("the connection was cut");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new PassingFault(fault.Message);
        }
    }
}

/// <param name="Version">The server's word for this content; null where it gives none.</param>
/// <param name="HasRanges">Whether it can be read in parts.</param>
/// <param name="Bytes">The first ones.</param>
internal sealed record RemoteStart(long Size, string? Version, bool HasRanges, byte[] Bytes);
