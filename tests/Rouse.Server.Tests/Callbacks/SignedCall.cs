using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Rouse.Contracts.Webhooks;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>A report as a worker with a given environment sends it, each part of which a test may put out of order.</summary>
internal sealed record SignedCall(string Deployment, string Attempt, WebhookSecret Secret, string Id, long At, byte[] Body)
{
    private static long s_ids;

    public static SignedCall Of(JsonObject environment, byte[] body, DateTimeOffset? at = null) => new(
        (string)environment["ROUSE_DEPLOYMENT_ID"]!, (string)environment["ROUSE_ATTEMPT"]!, SecretOf(environment),
        string.Create(CultureInfo.InvariantCulture, $"msg_test_{Interlocked.Increment(ref s_ids)}"), (at ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds(), body);

    public static WebhookSecret SecretOf(JsonObject environment) =>
        WebhookSecret.TryParse((string?)environment["ROUSE_CALLBACK_SECRET"], out var secret) ? secret! : throw new InvalidOperationException("No callback secret.");

    public HttpRequestMessage ToRequest()
    {
        var request = Unsigned();
        request.Headers.Add(WebhookSignature.IdHeader, Id);
        request.Headers.Add(WebhookSignature.TimestampHeader, At.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(Secret, Id, At, Body));
        return request;
    }

    public HttpRequestMessage Unsigned()
    {
        var path = $"/internal/v1/deployments/{Deployment}/attempts/{Attempt}/reports";
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return request;
    }

    public async Task<int> SendAsync(HttpClient http)
    {
        using var request = ToRequest();
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }
}
