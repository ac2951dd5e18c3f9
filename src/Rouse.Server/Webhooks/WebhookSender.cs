using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Rouse.Core.Webhooks;
using Rouse.Server.Egress;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Webhooks;

/// <summary>Makes one try: signs, sends, and says what came of it. Of the answer it reads the status and <c>Retry-After</c>, and nothing else.</summary>
internal sealed partial class WebhookSender(WebhookSigner signer, HttpMessageInvoker http, TimeProvider time, ILogger<WebhookSender> logger)
{
    /// <summary>
    /// To one host and port. Each endpoint has at most <see cref="DeliveryRules.MostAtOnce"/> of them; many endpoints of many tenants may share a host,
    /// and one that hangs there must not use up the others'.
    /// </summary>
    private const int MaxConnectionsPerHost = 256;

    public static HttpMessageInvoker CreateHttp(EgressPolicy policy) => new(EgressHandler.Create(policy, MaxConnectionsPerHost));

    public async ValueTask<TryResult> SendAsync(Delivery delivery, CancellationToken ct)
    {
        if (await HeadersAsync(delivery, ct) is not { } headers) return new TryResult(null, TryFailure.NotSigned);
        using var deadline = new CancellationTokenSource(DeliveryRules.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url) { Content = new ByteArrayContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "rouse");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return new TryResult((int)response.StatusCode, RetryAfter: RetryAfter(response.Headers.RetryAfter));
        }
        catch (Exception) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            return new TryResult(null, TryFailure.TimedOut);
        }
        catch (HttpRequestException error)
        {
            return new TryResult(null, FailureOf(error.HttpRequestError));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The handler's own bound of a connection.
            return new TryResult(null, TryFailure.Unreachable);
        }
    }

    private async ValueTask<IReadOnlyList<KeyValuePair<string, string>>?> HeadersAsync(Delivery delivery, CancellationToken ct)
    {
        try
        {
            return await signer.SignAsync(delivery, ct);
        }
        catch (System.Security.Cryptography.CryptographicException error)
        {
            LogNotOpened(delivery.Endpoint, error);
            return null;
        }
    }

    /// <summary>What stands before a connection looks the same: blocked, unknown, refused.</summary>
    private static TryFailure FailureOf(HttpRequestError error) => error switch
    {
        HttpRequestError.SecureConnectionError or HttpRequestError.InvalidResponse or HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError
            or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError => TryFailure.Broken,
        _ => TryFailure.Unreachable,
    };

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? asked) => asked switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "The signing secret of webhook {Endpoint} cannot be opened, so nothing is sent to it; rotate it, or restore the keys it was sealed with")]
    private partial void LogNotOpened(string endpoint, Exception error);
}
