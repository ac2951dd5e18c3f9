using System.Net.Http.Headers;
using Rouse.Core.Tenancy;
using Rouse.Server.Egress;

namespace Rouse.Server.Hub;

/// <summary>
/// GETs from the model hub: bounded in time and size, tried again while the hub is busy. The token goes to the hub's own host and nowhere else:
/// large files are served by redirect from content networks, whose addresses carry their own right to read.
/// </summary>
/// <param name="endpoint">Base URL of the hub, without a slash at its end.</param>
/// <param name="chance">0 to 1, for spreading tries.</param>
internal sealed class HubHttp(HttpMessageInvoker http, string endpoint, HubOptions options, TimeProvider time, Func<double> chance)
{
    private const int MaxRedirects = 5;

    /// <summary>Headers of eight shards are read at once, for more than one model.</summary>
    private const int MaxConnectionsPerServer = 16;

    private readonly Uri _endpoint = new(endpoint);

    public string Endpoint => endpoint;

    /// <summary>
    /// Goes where the policy allows, because where the hub redirects to is not ours to trust. Redirects are followed by hand, so that the token does not
    /// follow.
    /// </summary>
    public static HttpMessageInvoker CreateHttp(EgressPolicy policy) => new(EgressHandler.Create(policy, MaxConnectionsPerServer));

    /// <param name="path">With its leading slash, already escaped.</param>
    /// <param name="range">The bytes wanted, both ends included; null for all.</param>
    /// <param name="maxBytes">Of the body. A range is cut there, because a host may send the whole file instead; anything else is then too large.</param>
    public Task<HubAnswer> GetAsync(string path, Secret? token, RangeHeaderValue? range, int maxBytes, CancellationToken ct) =>
        TryAsync(path, token, range, (response, stop) => ReadAsync(response, range is not null, maxBytes, stop), ct);

    /// <summary>Fills the buffer with a file's bytes from <paramref name="from"/> on, and only with all of them: a good answer has no other body.</summary>
    public Task<HubAnswer> FillAsync(string path, Secret? token, long from, Memory<byte> buffer, CancellationToken ct) =>
        TryAsync(path, token, new RangeHeaderValue(from, from + buffer.Length - 1), (response, stop) => FillAsync(response, from, buffer, stop), ct);

    private async Task<HubAnswer> TryAsync(
        string path, Secret? token, RangeHeaderValue? range, Func<HttpResponseMessage, CancellationToken, Task<HubAnswer>> read, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            var answer = await TryOnceAsync(path, token, range, read, ct);
            if (!answer.IsPassing || tries >= options.Tries) return answer;
            var pause = answer.RetryAfter ?? options.FirstPause * Math.Pow(2, tries - 1) * (1 + (chance() / 2));
            if (pause > options.LongestPause) return answer;
            await Task.Delay(pause > TimeSpan.Zero ? pause : TimeSpan.Zero, time, ct);
        }
    }

    private async Task<HubAnswer> TryOnceAsync(
        string path, Secret? token, RangeHeaderValue? range, Func<HttpResponseMessage, CancellationToken, Task<HubAnswer>> read, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await FollowAsync(new Uri(endpoint + path), token, range, read, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return HubAnswer.None($"no answer within {options.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            // The exception's own text may hold a content network's signed address.
            var isKnown = error is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown };
            return HubAnswer.None(isKnown ? $"the connection failed ({((HttpRequestException)error).HttpRequestError})" : "the connection was cut");
        }
    }

    private async Task<HubAnswer> FollowAsync(
        Uri url, Secret? token, RangeHeaderValue? range, Func<HttpResponseMessage, CancellationToken, Task<HubAnswer>> read, CancellationToken ct)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Range = range;
            request.Headers.UserAgent.ParseAdd("rouse");
            if (token is not null && IsHub(url)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal(SecretPurpose.HubCall));
            using var response = await http.SendAsync(request, ct);
            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location)
            {
                return await read(response, ct);
            }

            var next = new Uri(url, location);
            if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != url.Scheme) return HubAnswer.None("a redirect away from https was not followed");
            url = next;
        }

        return HubAnswer.None("it redirects without end");
    }

    private async Task<HubAnswer> ReadAsync(HttpResponseMessage response, bool cut, int maxBytes, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode) return Refusal(response);
        var status = (int)response.StatusCode;
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var bytes = new MemoryStream();
        var chunk = new byte[64 << 10];
        while (await body.ReadAsync(chunk, ct) is > 0 and var read)
        {
            bytes.Write(chunk, 0, read);
            if (bytes.Length <= maxBytes) continue;
            if (!cut) return new HubAnswer(status, []) { IsTooLarge = true };
            bytes.SetLength(maxBytes);
            break;
        }

        return new HubAnswer(status, bytes.ToArray());
    }

    private async Task<HubAnswer> FillAsync(HttpResponseMessage response, long from, Memory<byte> buffer, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode) return Refusal(response);
        // A host that knows no ranges begins at the beginning.
        var begins = (int)response.StatusCode == 206 ? response.Content.Headers.ContentRange?.From : 0;
        if (begins != from) return HubAnswer.None("another part of the file came than was asked for");
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return read == buffer.Length ? new HubAnswer((int)response.StatusCode, []) : HubAnswer.None("the connection was cut");
    }

    private HubAnswer Refusal(HttpResponseMessage response)
    {
        var retryAfter = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - time.GetUtcNow() : null;
        var code = response.Headers.TryGetValues("X-Error-Code", out var values) ? values.FirstOrDefault() : null;
        return new HubAnswer((int)response.StatusCode, [], code, retryAfter);
    }

    private bool IsHub(Uri url) =>
        url.Scheme == _endpoint.Scheme && url.Port == _endpoint.Port && string.Equals(url.Host, _endpoint.Host, StringComparison.OrdinalIgnoreCase);
}
