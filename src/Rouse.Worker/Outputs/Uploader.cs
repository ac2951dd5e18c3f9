using System.Net;
using System.Net.Http.Headers;
using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Outputs;

/// <summary>
/// Brings a thing into a store: asks, sends, asks again. Names are those of the bytes, so whatever was repeated, cut off or done by another worker, the same thing lies under the
/// same name in the end. The bytes are sent from where the engine left them.
/// </summary>
internal sealed class Uploader(HttpClient http, OutputStore store, Clock clock)
{
    /// <summary>How long a store may be away before a result goes elsewhere: longer than a restart of it. The job counts as running until then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Bytes a second of an ordinary link: what a long film takes to be sent is no time in which the store was away.</summary>
    private const int OrdinaryRate = 4 << 20;

    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>Of one send, besides its bytes at <see cref="SlowestRate"/>.</summary>
    public static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second; a slower link has broken.</summary>
    private const int SlowestRate = 256 << 10;

    /// <summary>Sends of one thing that the store takes and then does not have. More would never end.</summary>
    private const int MaxSends = 3;

    private readonly Backoff _backoff = new(FirstWait, LongestWait, clock.Jitter);

    /// <param name="since">When this result was first tried, by the clock's timestamp.</param>
    /// <param name="bytes">Of all of the result: its things are sent beside each other.</param>
    /// <returns><see cref="StoreWord.Has"/>, or why not.</returns>
    public async Task<StoreWord> PutAsync(MadeThing thing, long since, long bytes, CancellationToken ct)
    {
        var (failures, sends) = (0, 0);
        var patience = Patience + TimeSpan.FromSeconds(bytes / OrdinaryRate);
        while (true)
        {
            var word = await store.AskAsync(thing, ct);
            if (word is StoreWord.Wants wants)
            {
                if (sends++ == MaxSends) return new StoreWord.Refuses("the store takes the bytes and does not have them");
                word = await SendAsync(wants.Put, thing, ct) ?? wants.Then;
                if (word is null) continue;
            }

            if (word is not StoreWord.Later || clock.Time.GetElapsedTime(since) > patience) return word;
            // What failed to be sent was not taken.
            sends = 0;
            await Task.Delay(_backoff.After(++failures), clock.Time, ct);
        }
    }

    /// <returns>Null: it was taken.</returns>
    private async Task<StoreWord?> SendAsync(Uri url, MadeThing thing, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(SendTimeout + TimeSpan.FromSeconds(thing.Content.Length / SlowestRate));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ReadOnlyMemoryContent(thing.Content) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(thing.MediaType, out var type) ? type : null;
            // A store keeps nothing else than was sent.
            request.Content.Headers.ContentMD5 = thing.Md5;
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return response.StatusCode switch
            {
                >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => null,
                HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or (>= HttpStatusCode.InternalServerError and not HttpStatusCode.InsufficientStorage)
                    => new StoreWord.Later($"the store answers HTTP {(int)response.StatusCode}"),
                var status => new StoreWord.Refuses($"the store answers HTTP {(int)status}"),
            };
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new StoreWord.Later("the store does not take it");
        }
    }
}
