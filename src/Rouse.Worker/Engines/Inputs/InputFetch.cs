using System.Net;
using Rouse.Contracts.Workers;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Inputs;

/// <summary>
/// Brings the files that inputs name by URL: from the public internet over https, each redirect judged again where it is connected to, and shown no token, no
/// cookie and no trace. What is blocked, unknown, refused and silent is one failure in one text, which tells nobody what stands in the worker's network.
/// </summary>
internal sealed class InputFetch(InputUrls settings, Clock clock) : IDisposable
{
    /// <summary>For all of a file, redirects too: the largest one at 1 MiB a second, while the GPU waits.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(64);

    private const int MaxRedirects = 5;
    private const int BufferSize = 64 << 10;

    private readonly HttpClient _http = Create(settings);

    /// <summary>Its content, fetched where it is not here yet, and of the right kind.</summary>
    /// <param name="ct">Ends the fetch at once.</param>
    public async Task<FetchedInput> ObtainAsync(Attachment given, CancellationToken ct)
    {
        var found = given.Url is { } url ? await FetchAsync(given, url, ct) : new FetchedInput(given.Content);
        if (found.Refusal is not null || given.Kind.Matches(found.Content.Span)) return found;
        return FetchedInput.Refused(EngineFault.InvalidInput, $"'{given.Member}' must be {given.Kind.Words}; {(given.Url is null ? "it holds" : "its address serves")} something else.");
    }

    public void Dispose() => _http.Dispose();

    private static HttpClient Create(InputUrls settings)
    {
        var handler = settings.Hosts.CreateHandler();
        handler.ActivityHeadersPropagator = null;
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, DefaultRequestHeaders = { { "User-Agent", "rouse-worker/0.1" } } };
    }

    private async Task<FetchedInput> FetchAsync(Attachment given, Uri url, CancellationToken ct)
    {
        if (!settings.AreFetched)
            return FetchedInput.Refused(EngineFault.InputUrlsOff, $"'{given.Member}' is a URL, and this worker's operator has it fetch none ({InputVariables.Urls}=0). Send the file in base64.");
        using var late = new CancellationTokenSource(Limit, clock.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var response = await FollowAsync(url, end.Token);
            if (response is null) return Silent(given);
            if (!response.IsSuccessStatusCode) return Unavailable(given, $"its server answered HTTP {(int)response.StatusCode}");
            return await ReadAsync(given, response, end.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return late.IsCancellationRequested ? Unavailable(given, $"it did not come within {Limit.TotalSeconds:0} s") : Silent(given);
        }
        catch (HttpRequestException)
        {
            return Silent(given);
        }
        catch (IOException)
        {
            return Unavailable(given, "the connection was cut before its end");
        }
    }

    /// <returns>Null where the way leads to what is never asked.</returns>
    private async Task<HttpResponseMessage?> FollowAsync(Uri url, CancellationToken ct)
    {
        for (var hop = 0; hop <= MaxRedirects && settings.Hosts.Allows(url) && url.UserInfo.Length == 0; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.StatusCode is < HttpStatusCode.MultipleChoices or >= HttpStatusCode.BadRequest || response.Headers.Location is not { } location) return response;
            response.Dispose();
            if (!Uri.TryCreate(url, location, out var next)) return null;
            url = next;
        }

        return null;
    }

    private static async Task<FetchedInput> ReadAsync(Attachment given, HttpResponseMessage response, CancellationToken ct)
    {
        var most = given.Kind.MaxBytes;
        if (response.Content.Headers.ContentLength > most) return TooLarge();
        using var file = new MemoryStream();
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[BufferSize];
        while (await body.ReadAsync(buffer, ct) is var read and > 0)
        {
            // What a server says of its length is not asked for twice: the bytes are counted.
            if (file.Length + read > most) return TooLarge();
            file.Write(buffer, 0, read);
        }

        return new FetchedInput(file.GetBuffer().AsMemory(0, (int)file.Length));

        FetchedInput TooLarge() => FetchedInput.Refused(EngineFault.InvalidInput, $"'{given.Member}' leads to a file of more than {ByteText.Of(most)}, which is the most that is taken.");
    }

    private static FetchedInput Silent(Attachment given) =>
        Unavailable(given, "its address does not answer, or is none that is fetched from (https, on the public internet, at most five redirects)");

    private static FetchedInput Unavailable(Attachment given, string why) => FetchedInput.Refused(EngineFault.InputUnavailable, $"'{given.Member}' could not be fetched: {why}.");
}
