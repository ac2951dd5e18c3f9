using System.Net;
using System.Text;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>One answer of Runpod's data plane.</summary>
/// <param name="Body">Null: it was longer than it may be.</param>
/// <param name="RetryAfter">How long it asks to wait; null when it does not.</param>
internal sealed record RunpodJobsAnswer(HttpStatusCode Status, byte[]? Body, TimeSpan? RetryAfter)
{
    public static async ValueTask<RunpodJobsAnswer> ReadAsync(HttpResponseMessage response, int mostBytes, TimeProvider time, CancellationToken ct)
    {
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return new(response.StatusCode, await ReadAsync(response.Content, mostBytes, ct), wait > TimeSpan.Zero ? wait : null);
    }

    /// <param name="doing">Completes "Runpod refused to …".</param>
    /// <param name="key">Never repeated, should the answer hold it.</param>
    /// <exception cref="ProviderException">It is no success.</exception>
    public void ThrowIfRefused(string doing, Secret key)
    {
        if ((int)Status is >= 200 and <= 299) return;
        throw RunpodFaults.From(Status, Encoding.UTF8.GetString(Body ?? []), RetryAfter, doing, key.Reveal(SecretPurpose.ProviderCall));
    }

    private static async ValueTask<byte[]?> ReadAsync(HttpContent content, int mostBytes, CancellationToken ct)
    {
        if (content.Headers.ContentLength > mostBytes) return null;
        await using var stream = await content.ReadAsStreamAsync(ct);
        using var body = new MemoryStream((int)(content.Headers.ContentLength ?? 0));
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, ct) is > 0 and var count)
        {
            if (body.Length + count > mostBytes) return null;
            body.Write(buffer, 0, count);
        }

        return body.Length == content.Headers.ContentLength ? body.GetBuffer() : body.ToArray();
    }
}
