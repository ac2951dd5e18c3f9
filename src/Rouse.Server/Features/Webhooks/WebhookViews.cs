using System.Globalization;
using System.Text.Json;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Webhooks;
using Rouse.Store.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary>From rows to what <c>/v1/webhooks</c> shows.</summary>
internal static class WebhookViews
{
    public static WebhookView View(WebhookEndpoint endpoint, DateTimeOffset now) => new()
    {
        Id = endpoint.Id.Value,
        Url = endpoint.Url,
        Events = endpoint.Events.Patterns,
        Description = endpoint.Description is { Length: > 0 } text ? text : null,
        Enabled = endpoint.IsEnabled,
        DisabledReason = endpoint.DisabledBecause,
        Implicit = endpoint.IsImplicit,
        SecretVersion = endpoint.SecretVersion,
        OldSecretUntil = endpoint.OldSecretUntil > now ? endpoint.OldSecretUntil : null,
        Waiting = endpoint.Waiting,
        DeadLetters = endpoint.Dead,
        Failing = endpoint.IsFailing,
        PausedUntil = endpoint.PausedUntil > now ? endpoint.PausedUntil : null,
        CreatedAt = endpoint.CreatedAt,
        UpdatedAt = endpoint.UpdatedAt,
    };

    public static WebhookDeliveryView View(DeliveryEntry entry) => new()
    {
        Id = entry.Message,
        Type = entry.Type,
        State = entry.State,
        Tries = entry.Tries,
        TotalTries = entry.AllTries,
        LastStatus = entry.Status,
        Failure = entry.Failure == TryFailure.None ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(entry.Failure.ToString()),
        CreatedAt = entry.CreatedAt,
        LastTryAt = entry.TriedAt,
        NextTryAt = entry.NextTryAt,
        EndedAt = entry.EndedAt,
    };

    /// <summary>Where a page ended, as text.</summary>
    public static string Cursor(WebhookEndpoint last) => string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.ToUnixTimeMilliseconds()}.{last.Id}");

    public static bool TryParseCursor(string text, out (DateTimeOffset At, WebhookId Id) cursor)
    {
        cursor = default;
        if (text.Split('.') is not [var at, var id] || !WebhookId.TryParse(id, out var parsed)) return false;
        if (!long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return false;
        cursor = (DateTimeOffset.FromUnixTimeMilliseconds(ms), parsed);
        return true;
    }
}
