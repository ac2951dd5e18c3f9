using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Reports;

/// <summary>
/// Signs reports by the Standard Webhooks scheme. A report keeps its id over all tries; its time is that of the try, by the receiver's clock where
/// ours was seen to be wrong: a rented machine's often is, and its reports would all be refused as replays.
/// </summary>
internal sealed class ReportSigner(WebhookSecret secret, TimeProvider time)
{
    private TimeSpan _behind;

    public HttpRequestMessage Sign(Uri url, WorkerReport report)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(report, RouseJson.Default.WorkerReport);
        return Sign(url, string.Create(CultureInfo.InvariantCulture, $"msg_{report.Run}_{report.Sequence}"), body);
    }

    public HttpRequestMessage Sign(Uri url, string id, byte[] body)
    {
        var at = (time.GetUtcNow() + _behind).ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.IdHeader, id);
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secret, id, at, body));
        return request;
    }

    /// <summary>After a refusal: whether our clock was so far from the receiver's that it may be the reason. From then on the receiver's counts.</summary>
    public bool Correct(HttpResponseMessage refusal)
    {
        if (refusal.Headers.Date is not { } theirs) return false;
        var behind = theirs - time.GetUtcNow();
        var wasFar = (behind - _behind).Duration() > WebhookSignature.Tolerance / 2;
        if (wasFar) _behind = behind;
        return wasFar;
    }
}
