using Microsoft.AspNetCore.Http;
using Rouse.Server.Http;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary>What can be wrong with a request about webhooks. Another tenant's endpoint is as unknown as one that never was.</summary>
internal static class WebhookErrors
{
    public static IResult Missing() => Problems.Result(ErrorCode.WebhookNotFound, "You have no webhook of this id. GET /v1/webhooks lists yours.");

    public static IResult MissingDelivery() =>
        Problems.Result(ErrorCode.DeliveryNotFound, "This webhook has no delivery of this id, or not any more. GET /v1/webhooks/{id}/deliveries lists them.");

    public static IResult Exists() => Problems.Result(ErrorCode.WebhookExists, "You have a webhook of this URL already. Change that one, or remove it.");

    public static IResult TooMany() => Problems.Result(ErrorCode.TooManyWebhooks, $"You have {WebhookStore.MostPerTenant} webhooks. Remove one first.");

    public static IResult Disabled() => Problems.Result(ErrorCode.WebhookDisabled, "This webhook is disabled, so nothing is sent to it. Enable it first.");

    public static IResult Wrong(string parameter, string expected) => Problems.Result(ErrorCode.InvalidParameter, $"{parameter} must be {expected}.");
}
