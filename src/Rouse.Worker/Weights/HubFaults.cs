using System.Net;

namespace Rouse.Worker.Weights;

/// <summary>What the hub's refusals mean for the person who deploys, by status and <c>X-Error-Code</c>.</summary>
internal static class HubFaults
{
    public static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    public static WeightsException Refused(HttpStatusCode status, string? errorCode, HubModel model, HubSettings hub)
    {
        var page = $"{hub.Endpoint}/{model.Id}";
        var haveToken = hub.Token is not null;
        return (status, errorCode) switch
        {
            (_, "GatedRepo") or (HttpStatusCode.Forbidden, _) => new(
                FaultCodes.ModelGated,
                haveToken
                    ? $"{model.Id} is gated and the token given has no access. Accept its terms at {page} with the token's account."
                    : $"{model.Id} is gated. Accept its terms at {page} and give a token of that account (hf_token)."),
            (_, "RevisionNotFound") => new(
                FaultCodes.ModelNotFound,
                $"{model.Id} has no revision '{model.Revision}'. Look at {page}/tree/main for its branches, tags and commits."),
            (_, "EntryNotFound") => new(
                FaultCodes.ModelUnusable, $"The hub lists a file of {model.Id} that it does not have. Try again, or choose another revision."),
            (HttpStatusCode.Unauthorized, null) when haveToken => new(
                FaultCodes.ModelGated, $"The hub refused the token for {model.Id}. Give one that is valid and may read it (hf_token)."),
            (_, "RepoNotFound") or (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.BadRequest, _) => new(
                FaultCodes.ModelNotFound,
                haveToken
                    ? $"The hub at {hub.Endpoint} has no repository {model.Id} that the token given may see. Check the name."
                    : $"The hub at {hub.Endpoint} has no public repository {model.Id}. Check the name; if it is private, give a token (hf_token)."),
            _ => Unavailable(hub, $"HTTP {(int)status}"),
        };
    }

    public static WeightsException Unavailable(HubSettings hub, string why) => new(
        FaultCodes.HubUnavailable,
        $"The hub at {hub.Endpoint} does not serve the model now ({why}). Try again later, or set HF_ENDPOINT to a mirror.");
}

/// <summary>Trying again may help: a cut connection, a busy server, an address that has run out.</summary>
internal sealed class PassingFault(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>What to say in the end when trying again did not help; null where the words alone say it.</summary>
    public Exception? Final { get; init; }

    /// <summary>The server's wish where it is longer than ours, but no longer than <paramref name="longest"/>.</summary>
    public TimeSpan WaitAtLeast(TimeSpan ours, TimeSpan longest) => RetryAfter is { } asked && asked > ours ? asked < longest ? asked : longest : ours;
}
