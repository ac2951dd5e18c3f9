using Rouse.Contracts.Webhooks;
using Rouse.Core.Webhooks;

namespace Rouse.Server.Features.Webhooks;

/// <summary>What a request says of an endpoint, parsed; or the sentence why it cannot be.</summary>
internal sealed record WebhookBody(string? Url, EventFilter? Events, string? Description, string? Fault)
{
    public static WebhookBody Parse(string? url, IReadOnlyList<string>? events, string? description)
    {
        List<string> faults = [];
        var parsed = url is null ? null : ParseUrl(url);
        if (url is not null && parsed is null) faults.Add($"url must be an absolute http or https URL without user name, at most {CreateWebhookRequest.MaxUrl} characters.");
        EventFilter? filter = null;
        if (events is not null && !EventFilter.TryCreate(events, out filter)) faults.Add($"events must name one or more of: {string.Join(", ", EventFilter.Known)}.");
        if (description is not null && (description.Length > CreateWebhookRequest.MaxDescription || description.Any(char.IsControl) || !IsText(description)))
        {
            faults.Add($"description may have {CreateWebhookRequest.MaxDescription} characters, and no control characters.");
        }

        return new WebhookBody(parsed, filter, description, faults.Count > 0 ? string.Join(' ', faults) : null);
    }

    /// <summary>One spelling for what is one URL to a server: it is what endpoints are told apart by. Whether it may be reached is found out by sending.</summary>
    private static string? ParseUrl(string url)
    {
        var ok = url.Length <= CreateWebhookRequest.MaxUrl && IsText(url) && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            && uri.Host.Length > 0;
        // A fragment is never sent.
        return ok ? new Uri(url).GetLeftPart(UriPartial.Query) : null;
    }

    /// <summary>Half a surrogate pair is no character, and no database takes it.</summary>
    private static bool IsText(string text) => !text.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar);
}
