using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Core;
using Rouse.Core.Webhooks;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary>The log of an endpoint, sending again what is in it, and trying the endpoint out.</summary>
internal static class WebhookDeliveries
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/webhooks/{id}/deliveries", ListAsync).Needs(Scope.Read)
            .WithName("listWebhookDeliveries").WithSummary("What was sent to an endpoint and what came of it, newest first")
            .WithDescription("Delivered ones are kept for 7 days, dead letters for 30.")
            .WithQuery("state", ParameterRules.OneOf(DeliveryStates.All)).WithQuery("limit", ParameterRules.Whole(1, MaxLimit, DefaultLimit))
            .WithQuery("cursor", ParameterRules.Text(1, 300), "`next_cursor` of the page before.")
            .Produces<WebhookDeliveryPage>().Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized, ErrorCode.WebhookNotFound);
        routes.MapPost("/v1/webhooks/{id}/deliveries/{delivery}/resend", ResendAsync).Needs(Scope.Deploy)
            .WithName("resendWebhookDelivery").WithSummary("Send one again, now, under its id, with all tries before it")
            .Produces<WebhookQueuedReply>(StatusCodes.Status202Accepted)
            .Refuses(ErrorCode.Unauthorized, ErrorCode.WebhookNotFound, ErrorCode.DeliveryNotFound, ErrorCode.WebhookDisabled);
        routes.MapPost("/v1/webhooks/{id}/resend", ResendDeadAsync).Needs(Scope.Deploy)
            .WithName("resendDeadWebhookDeliveries").WithSummary("Send all dead letters of an endpoint again")
            .Produces<WebhookQueuedReply>(StatusCodes.Status202Accepted).Refuses(ErrorCode.Unauthorized, ErrorCode.WebhookNotFound, ErrorCode.WebhookDisabled);
        routes.MapPost("/v1/webhooks/{id}/test", TestAsync).Needs(Scope.Deploy)
            .WithName("testWebhook").WithSummary("Send a `webhook.test` event to one endpoint")
            .Produces<WebhookQueuedReply>(StatusCodes.Status202Accepted).Refuses(ErrorCode.Unauthorized, ErrorCode.WebhookNotFound, ErrorCode.WebhookDisabled);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, string id, WebhookStore webhooks, DeliveryLog log, string? state = null, string? limit = null, string? cursor = null)
    {
        var count = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MaxLimit))
        {
            return WebhookErrors.Wrong("limit", $"1 to {MaxLimit}");
        }

        if (state is not null && !DeliveryStates.All.Contains(state, StringComparer.Ordinal)) return WebhookErrors.Wrong("state", $"one of {string.Join(", ", DeliveryStates.All)}");
        DeliveryCursor? after = null;
        if (cursor is not null && !DeliveryCursor.TryParse(cursor, out after)) return WebhookErrors.Wrong("cursor", "what next_cursor of the page before said");
        if (await FindAsync(context, id, webhooks) is not { } endpoint) return WebhookErrors.Missing();
        var page = await log.ListAsync(endpoint.Tenant, endpoint.Id, new DeliveryQuery(state, count, after), context.RequestAborted);
        return Results.Json(new WebhookDeliveryPage([.. page.Items.Select(WebhookViews.View)], page.Next?.ToString()), RouseJson.Default.WebhookDeliveryPage);
    }

    private static async Task<IResult> ResendAsync(HttpContext context, string id, string delivery, WebhookStore webhooks, DeliveryLog log, WebhookDeliveryLoop loop)
    {
        if (await FindAsync(context, id, webhooks) is not { } endpoint) return WebhookErrors.Missing();
        if (!endpoint.IsEnabled) return WebhookErrors.Disabled();
        if (delivery.AsSpan().ContainsAnyExceptInRange('!', '~')) return WebhookErrors.MissingDelivery();
        if (!await log.ResendAsync(endpoint.Tenant, endpoint.Id, delivery, context.RequestAborted)) return WebhookErrors.MissingDelivery();
        return Queued(loop, 1, delivery);
    }

    private static async Task<IResult> ResendDeadAsync(HttpContext context, string id, WebhookStore webhooks, DeliveryLog log, WebhookDeliveryLoop loop)
    {
        if (await FindAsync(context, id, webhooks) is not { } endpoint) return WebhookErrors.Missing();
        if (!endpoint.IsEnabled) return WebhookErrors.Disabled();
        // Those that die again meanwhile are left for the next time.
        var (queued, batch) = (0, 0);
        do
        {
            batch = await log.ResendDeadAsync(endpoint.Tenant, endpoint.Id, context.RequestAborted);
            queued += batch;
        }
        while (batch == DeliveryLog.Batch && queued < endpoint.Dead);
        return Queued(loop, queued, null);
    }

    private static async Task<IResult> TestAsync(HttpContext context, string id, WebhookStore webhooks, DeliveryLog log, WebhookDeliveryLoop loop, TimeProvider time)
    {
        if (await FindAsync(context, id, webhooks) is not { } endpoint) return WebhookErrors.Missing();
        if (!endpoint.IsEnabled) return WebhookErrors.Disabled();
        var message = "test_" + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        var body = new WebhookTest(EventTypes.Test, time.GetUtcNow(), EventTypes.Test.Replace('.', '_'), endpoint.Id.Value);
        var news = new WebhookEvent(message, endpoint.Tenant, EventTypes.Test, () => JsonSerializer.SerializeToUtf8Bytes(body, RouseJson.Default.WebhookTest));
        return await log.AddAsync(news, endpoint.Id, context.RequestAborted) ? Queued(loop, 1, message) : WebhookErrors.Missing();
    }

    private static async ValueTask<WebhookEndpoint?> FindAsync(HttpContext context, string id, WebhookStore webhooks) =>
        WebhookId.TryParse(id, out var parsed) ? await webhooks.GetAsync(CallerFilter.TenantOf(context), parsed, context.RequestAborted) : null;

    private static IResult Queued(WebhookDeliveryLoop loop, int count, string? delivery)
    {
        loop.Nudge();
        return Results.Json(new WebhookQueuedReply(count, delivery), RouseJson.Default.WebhookQueuedReply, statusCode: StatusCodes.Status202Accepted);
    }
}
