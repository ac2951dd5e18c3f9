using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Rouse.Worker.Weights;

/// <summary>
/// The hub's HTTP API: what a repository holds, and ranges of its files. The token goes to the hub's own host and nowhere else: files are
/// served by redirect from content networks, whose addresses carry their own right to read.
/// </summary>
internal sealed class HubClient(HttpClient http, HubSettings hub, TimeProvider time) : IFileSource
{
    public const int MaxRedirects = 5;

    /// <summary>Of a listing: a hundred thousand files.</summary>
    public const int MaxListingBytes = 32 << 20;

    private readonly Uri _endpoint = new(hub.Endpoint);

    public HubSettings Settings => hub;

    /// <summary>Pins the revision to a commit and lists its files. Throws <see cref="PassingFault"/> or <see cref="WeightsException"/>.</summary>
    public async Task<HubListing> ListAsync(HubModel model, CancellationToken ct)
    {
        var url = new Uri($"{hub.Endpoint}/api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision)}?blobs=true");
        var (response, _) = await SendAsync(url, null, ct);
        using (response)
        {
            if (!response.IsSuccessStatusCode) throw Fault(response, model);
            try
            {
                await response.Content.LoadIntoBufferAsync(MaxListingBytes, ct);
                await using var body = await response.Content.ReadAsStreamAsync(ct);
                var info = await JsonSerializer.DeserializeAsync(body, HubJson.Default.HubInfo, ct);
                return ListingParser.Parse(model, info);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
            {
                throw new PassingFault($"the listing broke off: {e.Message}");
            }
        }
    }

    public WeightsException Unavailable(string why) => HubFaults.Unavailable(hub, why);

    public async Task<HttpResponseMessage> OpenAsync(FileAddress file, long start, long end, CancellationToken ct)
    {
        var whole = start == 0 && end == file.Size;
        var (response, url) = await SendFromAsync(file, whole ? null : new RangeHeaderValue(start, end - 1), ct);
        try
        {
            if (response.StatusCode == (whole ? HttpStatusCode.OK : HttpStatusCode.PartialContent) || (whole && IsWhole(response, end)))
            {
                if (!whole && response.Content.Headers.ContentRange?.From != start) throw new PassingFault("another range came than was asked for");
                file.MovedTo = url;
                return response;
            }

            if (response.IsSuccessStatusCode) throw new PassingFault("the host does not serve ranges");
            // A signed address that has run out is refused where it leads to: ask the hub for a new one. Other connections may have done so.
            file.MovedTo = null;
            throw url != file.AtHub && !HubFaults.IsPassing(response.StatusCode)
                ? new PassingFault($"HTTP {(int)response.StatusCode} from {url.Host}")
                : Fault(response, file.Model);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public FileAddress Address(HubListing listing, HubFile file)
    {
        var path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        var atHub = new Uri($"{hub.Endpoint}/{listing.Model.Id}/resolve/{listing.Commit}/{path}");
        return new FileAddress { Model = listing.Model, AtHub = atHub, Size = file.Size };
    }

    private static bool IsWhole(HttpResponseMessage response, long size) =>
        response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { From: 0, To: { } to } && to == size - 1;

    private async Task<(HttpResponseMessage Response, Uri Url)> SendFromAsync(FileAddress file, RangeHeaderValue? range, CancellationToken ct)
    {
        try
        {
            return await SendAsync(file.MovedTo ?? file.AtHub, range, ct);
        }
        catch
        {
            // A host that does not answer any more may not be the one the hub names now.
            file.MovedTo = null;
            throw;
        }
    }

    private async Task<(HttpResponseMessage Response, Uri Url)> SendAsync(Uri url, RangeHeaderValue? range, CancellationToken ct)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            // HTTP/2 would put all ranges on one connection, and that is what is limited.
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11 };
            request.Headers.Range = range;
            if (hub.Token is { } token && IsHub(url)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            }
            catch (HttpRequestException e)
            {
                throw new PassingFault(e.Message);
            }

            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location) return (response, url);
            response.Dispose();
            if (!Uri.TryCreate(url, location, out var next)) throw new PassingFault("a redirect leads to no address");
            if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != url.Scheme) throw new PassingFault($"a redirect to {next.Scheme} was refused");
            url = next;
        }

        throw new PassingFault("too many redirects");
    }

    private Exception Fault(HttpResponseMessage response, HubModel model)
    {
        var retryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - time.GetUtcNow() : null;
        var code = response.Headers.TryGetValues("X-Error-Code", out var values) ? values.FirstOrDefault() : null;
        return HubFaults.IsPassing(response.StatusCode)
            ? new PassingFault($"HTTP {(int)response.StatusCode}", retryAfter)
            : HubFaults.Refused(response.StatusCode, code, model, hub);
    }

    private bool IsHub(Uri url) =>
        url.Scheme == _endpoint.Scheme && url.Port == _endpoint.Port && string.Equals(url.Host, _endpoint.Host, StringComparison.OrdinalIgnoreCase);
}
