using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Webhooks;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary><c>GET /v1/webhooks</c>, <c>GET /v1/webhooks/{id}</c>.</summary>
internal static class ListWebhooks
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/webhooks", HandleAsync).Needs(Scope.Read)
            .WithName("listWebhooks").WithSummary("List the endpoints that webhooks go to, oldest first")
            .WithDescription("Those you created, and one for each `user_webhook_url` of a deployment.")
            .WithQuery("limit", ParameterRules.Whole(1, MaxLimit, DefaultLimit)).WithQuery("cursor", ParameterRules.Text(1, 200), "`next_cursor` of the page before.")
            .Produces<WebhookPage>().Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized);
        routes.MapGet("/v1/webhooks/{id}", GetAsync).Needs(Scope.Read)
            .WithName("getWebhook").WithSummary("One endpoint: whether it is well, and what waits for it")
            .Produces<WebhookView>().Refuses(ErrorCode.Unauthorized, ErrorCode.WebhookNotFound);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, WebhookStore webhooks, TimeProvider time, string? limit = null, string? cursor = null)
    {
        var count = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MaxLimit))
        {
            return WebhookErrors.Wrong("limit", $"1 to {MaxLimit}");
        }

        (DateTimeOffset, WebhookId)? after = null;
        if (cursor is not null)
        {
            if (!WebhookViews.TryParseCursor(cursor, out var parsed)) return WebhookErrors.Wrong("cursor", "what next_cursor of the page before said");
            after = parsed;
        }

        var found = await webhooks.ListAsync(CallerFilter.TenantOf(context), count + 1, after, context.RequestAborted);
        var page = found.Take(count).ToList();
        var next = found.Count > count ? WebhookViews.Cursor(page[^1]) : null;
        var now = time.GetUtcNow();
        return Results.Json(new WebhookPage([.. page.Select(endpoint => WebhookViews.View(endpoint, now))], next), RouseJson.Default.WebhookPage);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, WebhookStore webhooks, TimeProvider time) =>
        WebhookId.TryParse(id, out var parsed) && await webhooks.GetAsync(CallerFilter.TenantOf(context), parsed, context.RequestAborted) is { } endpoint
            ? Results.Json(WebhookViews.View(endpoint, time.GetUtcNow()), RouseJson.Default.WebhookView)
            : WebhookErrors.Missing();
}
