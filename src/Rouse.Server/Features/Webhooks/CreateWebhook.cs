using System.Security.Cryptography;
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

/// <summary><c>POST /v1/webhooks</c>. The secret is in the answer and nowhere after it.</summary>
internal static class CreateWebhook
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/webhooks", HandleAsync).Needs(Scope.Deploy)
        .WithName("createWebhook").WithSummary("Have events sent to a URL, signed")
        .WithDescription("Signed as Standard Webhooks 1.0.0 says. The answer shows the secret once. A URL that deployments have named is taken over with its log.")
        .Accepts<CreateWebhookRequest>("application/json").Produces<WebhookSecretReply>(StatusCodes.Status201Created)
        .Refuses(ErrorCode.InvalidWebhook, ErrorCode.Unauthorized, ErrorCode.WebhookExists, ErrorCode.TooManyWebhooks, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(HttpContext context, WebhookStore webhooks, WebhookSigner signer, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CreateWebhookRequest);
        if (body.Problem is { } unreadable) return unreadable;
        var asked = WebhookBody.Parse(body.Value!.Url, body.Value.Events, body.Value.Description);
        if (asked.Fault is { } fault) return Problems.Result(ErrorCode.InvalidWebhook, fault);

        var fresh = signer.Fresh(tenant);
        var id = WebhookId.From(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        var webhook = new NewWebhook(id, asked.Url!, asked.Events ?? EventFilter.Default, asked.Description, body.Value.Enabled ?? true);
        var (outcome, endpoint) = await webhooks.CreateAsync(tenant, webhook, fresh.Seal, WebhookSigner.Overlap, context.RequestAborted);
        if (outcome == WebhookOutcome.Exists) return WebhookErrors.Exists();
        if (outcome == WebhookOutcome.TooMany) return WebhookErrors.TooMany();
        context.Response.Headers.Location = $"/v1/webhooks/{endpoint!.Id}";
        context.Response.Headers.CacheControl = "no-store";
        var reply = new WebhookSecretReply(WebhookViews.View(endpoint, time.GetUtcNow()), fresh.Secret.Reveal());
        return Results.Json(reply, RouseJson.Default.WebhookSecretReply, statusCode: StatusCodes.Status201Created);
    }
}
