using Rouse.Core.Deployments;
using Rouse.Core.Models;

namespace Rouse.Server.Hub;

/// <summary>Why the hub told nothing of a model.</summary>
/// <param name="IsRetryable">It is the hub's trouble and says nothing about the model.</param>
internal sealed record HubFault(FailureCause Cause, bool IsRetryable)
{
    public static HubFault From(HubAnswer answer, ModelRef model, bool hasToken, string endpoint)
    {
        var page = $"{endpoint}/{model.Id}";
        if (answer.IsPassing) return Unavailable(endpoint, answer.Words);
        if (answer.IsTooLarge) return Unusable($"The hub's listing of {model.Id} is too large to be one model's. Choose another repository.");
        return (answer.Status, answer.ErrorCode) switch
        {
            (_, "GatedRepo") or (403, _) => Gated(hasToken
                ? $"{model.Id} is gated and the token given has no access. Accept its terms at {page} with the token's account."
                : $"{model.Id} is gated. Accept its terms at {page} and give a token of that account (hf_token)."),
            // Whoever shows a token and is still a stranger has shown a wrong one; without a token the hub hides private repositories the same way.
            (401, _) when hasToken => Gated($"The hub refused the token for {model.Id}. Give one that is valid and may read it (hf_token)."),
            (_, "RevisionNotFound") => Missing($"{model.Id} has no revision '{model.Revision}'. Look at {page}/tree/main for its branches, tags and commits."),
            (_, "EntryNotFound") => Unusable($"The hub lists a file of {model.Id} that it does not have. Try again, or choose another revision."),
            (400 or 401 or 404 or 410, _) => Missing(hasToken
                ? $"The hub at {endpoint} has no repository {model.Id} that the token given may see. Check the name."
                : $"The hub at {endpoint} has no public repository {model.Id}. Check the name; if it is private, give a token (hf_token)."),
            _ => Unavailable(endpoint, answer.Words),
        };
    }

    public static HubFault Unusable(string sentence) => new(new FailureCause(FailureCodes.ModelUnusable, sentence), IsRetryable: false);

    public static HubFault Unavailable(string endpoint, string why) => new(
        new FailureCause(FailureCodes.HubUnavailable, $"The hub at {endpoint} does not answer as it should ({why}). Ask again later; HF_ENDPOINT can name a mirror."),
        IsRetryable: true);

    private static HubFault Gated(string sentence) => new(new FailureCause(FailureCodes.ModelGated, sentence), IsRetryable: false);

    private static HubFault Missing(string sentence) => new(new FailureCause(FailureCodes.ModelNotFound, sentence), IsRetryable: false);
}
