using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Webhooks;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary><c>PATCH</c> and <c>DELETE /v1/webhooks/{id}</c>, <c>POST /v1/webhooks/{id}/rotate</c>.</summary>
internal static class ChangeWebhook
{
    /// <summary>A week is long enough to change any receiver.</summary>
    private const int MaxOverlapSeconds = 7 * 86_400;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPatch("/v1/webhooks/{id}", UpdateAsync).Needs(Scope.Deploy)
            .WithName("updateWebhook").WithSummary("Change an endpoint; what is absent stays")
            .Accepts<UpdateWebhookRequest>("application/json").Produces<WebhookView>()
            .Refuses(ErrorCode.InvalidWebhook, ErrorCode.Unauthorized, ErrorCode.WebhookNotFound, ErrorCode.WebhookExists, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);
        routes.MapDelete("/v1/webhooks/{id}", RemoveAsync).Needs(Scope.Deploy)
            .WithName("deleteWebhook").WithSummary("Remove an endpoint, its secret, what waits for it and its log")
            .WithDescription("A deployment that names its URL makes an endpoint of it anew, with another secret, when it has something to tell.")
            .Produces(StatusCodes.Status204NoContent).Refuses(ErrorCode.Unauthorized, ErrorCode.WebhookNotFound);
        routes.MapPost("/v1/webhooks/{id}/rotate", RotateAsync).Needs(Scope.Deploy)
            .WithName("rotateWebhookSecret").WithSummary("Make a new signing secret; the former signs on for a day")
            .WithDescription("`overlap_seconds` says for how long both sign; 0 where the former has leaked. The answer shows the secret once.")
            .WithQuery("overlap_seconds", ParameterRules.Whole(0, MaxOverlapSeconds, (long)WebhookSigner.Overlap.TotalSeconds))
            .Produces<WebhookSecretReply>().Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized, ErrorCode.WebhookNotFound);
    }

    private static async Task<IResult> UpdateAsync(HttpContext context, string id, WebhookStore webhooks, WebhookDeliveryLoop loop, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.UpdateWebhookRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var asked = WebhookBody.Parse(body.Value!.Url, body.Value.Events, body.Value.Description);
        if (asked.Fault is { } fault) return Problems.Result(ErrorCode.InvalidWebhook, fault);
        if (!WebhookId.TryParse(id, out var parsed)) return WebhookErrors.Missing();

        var change = new WebhookChange(asked.Url, asked.Events, asked.Description, body.Value.Enabled);
        var (outcome, endpoint) = await webhooks.UpdateAsync(tenant, parsed, change, context.RequestAborted);
        if (outcome == WebhookOutcome.Exists) return WebhookErrors.Exists();
        if (endpoint is null) return WebhookErrors.Missing();
        loop.Nudge();
        return Results.Json(WebhookViews.View(endpoint, time.GetUtcNow()), RouseJson.Default.WebhookView);
    }

    private static async Task<IResult> RemoveAsync(HttpContext context, string id, WebhookStore webhooks) =>
        WebhookId.TryParse(id, out var parsed) && await webhooks.RemoveAsync(CallerFilter.TenantOf(context), parsed, context.RequestAborted)
            ? Results.NoContent()
            : WebhookErrors.Missing();

    private static async Task<IResult> RotateAsync(
        HttpContext context, string id, WebhookStore webhooks, WebhookSigner signer, TimeProvider time, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "overlap_seconds")] string? overlap = null)
    {
        var seconds = (int)WebhookSigner.Overlap.TotalSeconds;
        if (overlap is not null && (!int.TryParse(overlap, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > MaxOverlapSeconds))
        {
            return WebhookErrors.Wrong("overlap_seconds", $"0 to {MaxOverlapSeconds}");
        }

        if (!WebhookId.TryParse(id, out var parsed)) return WebhookErrors.Missing();
        var tenant = CallerFilter.TenantOf(context);
        var fresh = signer.Fresh(tenant);
        var endpoint = await webhooks.RotateAsync(tenant, parsed, fresh.Seal, TimeSpan.FromSeconds(seconds), unless: false, context.RequestAborted);
        if (endpoint is null) return WebhookErrors.Missing();
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new WebhookSecretReply(WebhookViews.View(endpoint, time.GetUtcNow()), fresh.Secret.Reveal()), RouseJson.Default.WebhookSecretReply);
    }
}
