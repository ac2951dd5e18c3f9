using System.Net;
using System.Net.Http.Headers;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Outputs;

/// <summary>An object store of the worker's own.</summary>
internal sealed class BucketStore(HttpClient http, BucketSettings bucket, TimeProvider time) : OutputStore
{
    /// <summary>Of an address that is used at once.</summary>
    private static readonly TimeSpan s_momentary = TimeSpan.FromMinutes(15);

    /// <summary>Of a question without bytes.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    /// <summary>Stores refuse signatures whose time is 15 minutes off.</summary>
    private static readonly TimeSpan s_tolerance = TimeSpan.FromMinutes(5);

    private readonly SignatureV4 _signature = new(bucket.Region, bucket.KeyId, bucket.Secret);
    private TimeSpan _behind;

    public override async Task<StoreWord> AskAsync(MadeThing thing, CancellationToken ct)
    {
        var url = new Uri(bucket.Root, OutputName.PathOf(thing.Name));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, _signature.Presign("HEAD", url, s_momentary, Now));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.Headers.Date is { } theirs && (theirs - Now).Duration() > s_tolerance)
            {
                // A rented machine's clock is often wrong; the store's counts.
                _behind = theirs - time.GetUtcNow();
                return new StoreWord.Later("this machine's clock is wrong; the store's is taken");
            }

            var there = new StoreWord.Has(_signature.Presign("GET", url, bucket.UrlLife, Now).AbsoluteUri, Now + bucket.UrlLife);
            return response.StatusCode switch
            {
                HttpStatusCode.OK when response.Content.Headers.ContentLength == thing.Content.Length && IsOf(response.Headers.ETag, thing) => there,
                // 403 is also the answer to who may not list a bucket and asks for what is not in it.
                HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Forbidden => new StoreWord.Wants(_signature.Presign("PUT", url, s_momentary, Now), there),
                HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => new StoreWord.Later($"the object store answers HTTP {(int)response.StatusCode}"),
                var status => new StoreWord.Refuses($"the object store answers HTTP {(int)status}"),
            };
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new StoreWord.Later("the object store does not answer");
        }
    }

    /// <summary>Some stores' ETags say nothing of the bytes (those that encrypt by a key of the owner's): there it is sent again.</summary>
    private static bool IsOf(EntityTagHeaderValue? tag, MadeThing thing) =>
        tag is { IsWeak: false } && tag.Tag.AsSpan().Trim('"').Equals(Convert.ToHexString(thing.Md5), StringComparison.OrdinalIgnoreCase);

    private DateTimeOffset Now => time.GetUtcNow() + _behind;
}
