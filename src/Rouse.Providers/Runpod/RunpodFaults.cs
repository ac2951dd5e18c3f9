using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>
/// What an answer of Runpod means. Its REST v2 has no code for want of capacity: it is HTTP 400, told from a broken rule by the text alone, so the
/// texts below are those seen in public reports (runpodctl#117, #189; dstack#1740; runpod-python#168; Runpod's documentation).
/// </summary>
internal static partial class RunpodFaults
{
    /// <summary>How much of Runpod's own text a message carries at most. 300: enough for its longest known one.</summary>
    private const int MaxQuote = 300;

    // "Insufficient" and "unavailable" alone say nothing: they are in texts about money and about a broken server as well.
    private static readonly string[] s_capacity =
    [
        "no longer any instances available", "no instances available", "no instances currently available",
        "does not have the resources to deploy your pod", "could not find any pods with required specifications",
        "not enough free gpus on the host machine", "not enough free memory on the host machine", "insufficient resources", "supply_constraint",
    ];

    private static readonly string[] s_balance =
    [
        "insufficient credit", "insufficient fund", "insufficient balance", "insufficient account balance", "balance is too low", "balance too low",
        "low balance", "not enough credit", "not enough fund", "not enough balance", "not enough money", "add funds", "out of credit",
    ];

    private static readonly string[] s_quota =
    [
        "quota", "worker concurrency cannot go beyond", "spend limit", "spending limit", "spend cap", "maximum limit of",
    ];

    private static readonly string[] s_otherPool = ["pool", "gpu", "data center", "datacenter", "resource"];

    /// <param name="doing">What was asked, in words that complete "Runpod refused to …".</param>
    public static ProviderException From(HttpStatusCode status, string body, TimeSpan? retryAfter, string doing, params IEnumerable<string> secrets)
    {
        var text = RunpodText.Detail(body);
        var fault = Judge(status, text);
        var quote = RunpodText.Quote(text, MaxQuote, secrets);
        return new ProviderException(fault, Message(fault, status, quote, doing, retryAfter, AtMost(text)))
        {
            RetryAfter = fault == ProviderFault.RateLimited ? retryAfter ?? TimeSpan.FromSeconds(10) : null,
            // A pool that this account may not use is, to it, one without stock: the next offer may do.
            Code = (int)status == 403 && fault == ProviderFault.Rejected ? FailureCodes.NoCapacity : null,
        };
    }

    /// <summary>Nothing came back, or nothing that can be read.</summary>
    public static ProviderException Unknown(string doing, string what, Exception? inner = null) =>
        new(ProviderFault.Unknown, $"Runpod was asked to {doing} and gave no clear answer: {what}. It is looked at before anything else is done.", inner);

    public static ProviderException NoImage() =>
        new(ProviderFault.Rejected, "The server knows no worker image for Runpod. Give it one, or a template, and deploy again.");

    internal static ProviderFault Judge(HttpStatusCode status, string text)
    {
        switch ((int)status)
        {
            case 401: return ProviderFault.Unauthorized;
            case 402: return ProviderFault.Balance;
            case 429: return ProviderFault.RateLimited;
            case 403 when Has(text, s_balance): return ProviderFault.Balance;
            case 403: return Has(text, s_otherPool) ? ProviderFault.Rejected : ProviderFault.Unauthorized;
            case 408 or < 400: return ProviderFault.Unknown;
            // A body that breaks the schema: what it quotes of the schema's bounds is about us, not about the account.
            case 422: return ProviderFault.Rejected;
        }

        // Money before capacity: "insufficient" is said of both. The texts count for a 5xx too, because Runpod's older services answer
        // a refusal with 500; without one of them a 5xx tells nothing.
        if (Has(text, s_balance)) return ProviderFault.Balance;
        if (Has(text, s_capacity)) return ProviderFault.Capacity;
        if (Has(text, s_quota) || WorkersAtMost().IsMatch(text)) return ProviderFault.Quota;
        return (int)status >= 500 ? ProviderFault.Unknown : ProviderFault.Rejected;
    }

    /// <summary>The number a quota's text names; null when it names none.</summary>
    internal static int? AtMost(string text) =>
        Limit().Match(text) is { Success: true } match && int.TryParse(match.Groups["n"].Value, CultureInfo.InvariantCulture, out var most) ? most : null;

    private static string Message(ProviderFault fault, HttpStatusCode status, string quote, string doing, TimeSpan? retryAfter, int? atMost)
    {
        var said = quote.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)status}.") : $"It says: {quote}";
        return fault switch
        {
            ProviderFault.Capacity => $"Runpod has no free GPU of this kind now. Another one is tried. {said}",
            ProviderFault.Balance => $"The Runpod account has too little credit. Add funds at Runpod and deploy again. {said}",
            ProviderFault.Quota when atMost is >= 1 => string.Create(
                CultureInfo.InvariantCulture,
                $"The Runpod account allows {atMost} workers over all its endpoints. Lower workers.max, delete what you do not need, or raise it at Runpod. {said}"),
            ProviderFault.Quota => $"A limit of the Runpod account is reached. Delete what you do not need there, or have the limit raised. {said}",
            ProviderFault.Unauthorized =>
                $"Runpod does not accept the API key for this ({doing}). Check that the key is whole, not revoked, and may write. {said}",
            ProviderFault.RateLimited => $"Runpod asks to wait{Seconds(retryAfter)} before the next call. It is asked again then. {said}",
            ProviderFault.Rejected => $"Runpod refused to {doing}. {said}",
            _ => $"Runpod was asked to {doing} and gave no clear answer. It is looked at before anything else is done. {said}",
        };
    }

    private static string Seconds(TimeSpan? wait) =>
        wait is { } known ? string.Create(CultureInfo.InvariantCulture, $" {Math.Ceiling(known.TotalSeconds):0} s") : "";

    private static bool Has(string text, string[] parts) => parts.Any(part => text.Contains(part, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(
        @"(at most|maximum limit of|quota of|quota is|limit of)\s*\(?(?<n>\d{1,6})\)?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex Limit();

    [GeneratedRegex(
        @"(worker|endpoint).*\bat most\s+\d|\bat most\s+\d+\s+(worker|endpoint)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex WorkersAtMost();
}
