using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Api;

/// <summary>The routes of <c>/v1/webhooks</c>.</summary>
internal sealed class WebhookClient(HttpCalls calls)
{
    public Task<Reply<WebhookSecretReply>> CreateAsync(CreateWebhookRequest request, CancellationToken ct) =>
        calls.PostAsync("v1/webhooks", Json(request, ClientJson.Api.CreateWebhookRequest), null, ClientJson.Api.WebhookSecretReply, ct);

    public Task<Reply<WebhookPage>> ListAsync(string? cursor, CancellationToken ct) =>
        calls.GetAsync("v1/webhooks?limit=100" + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor)), ClientJson.Api.WebhookPage, ct);

    public Task<Reply<WebhookView>> UpdateAsync(string id, UpdateWebhookRequest request, CancellationToken ct) =>
        calls.PatchAsync(Path(id), Json(request, ClientJson.Api.UpdateWebhookRequest), ClientJson.Api.WebhookView, ct);

    public Task<Reply<Answer>> RemoveAsync(string id, CancellationToken ct) => calls.DeleteAsync(Path(id), ct);

    public Task<Reply<WebhookSecretReply>> RotateAsync(string id, TimeSpan? overlap, CancellationToken ct) => calls.PostAsync(
        Path(id) + "/rotate" + (overlap is { } time ? FormattableString.Invariant($"?overlap_seconds={time.TotalSeconds:0}") : ""), null, null, ClientJson.Api.WebhookSecretReply, ct);

    public Task<Reply<WebhookDeliveryPage>> DeliveriesAsync(string id, string? state, int limit, CancellationToken ct) => calls.GetAsync(
        FormattableString.Invariant($"{Path(id)}/deliveries?limit={limit}") + (state is null ? "" : "&state=" + Uri.EscapeDataString(state)), ClientJson.Api.WebhookDeliveryPage, ct);

    /// <param name="delivery">Null for all dead letters.</param>
    public Task<Reply<WebhookQueuedReply>> ResendAsync(string id, string? delivery, CancellationToken ct) => calls.PostAsync(
        Path(id) + (delivery is null ? "/resend" : $"/deliveries/{Uri.EscapeDataString(delivery)}/resend"), null, null, ClientJson.Api.WebhookQueuedReply, ct);

    public Task<Reply<WebhookQueuedReply>> TestAsync(string id, CancellationToken ct) =>
        calls.PostAsync(Path(id) + "/test", null, null, ClientJson.Api.WebhookQueuedReply, ct);

    private static string Path(string id) => $"v1/webhooks/{Uri.EscapeDataString(id)}";

    private static byte[] Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);
}
