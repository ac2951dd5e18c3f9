namespace Rouse.Core.Deployments;

/// <summary>Where a deployment is. The order of the members is the order of one attempt's life; the store keeps the names, not the numbers.</summary>
public enum Phase
{
    /// <summary>Accepted and durable; nothing has been done yet.</summary>
    Accepted,
    Validating,
    SelectingGpu,
    CreatingEndpoint,
    DownloadingModel,
    LoadingModel,

    /// <summary>Loaded; a first run goes before the first job. A worker that has nothing to warm up may leave it out.</summary>
    Warming,

    /// <summary>Answers requests. A ready deployment may be scaled to zero and still be ready: the first request wakes it.</summary>
    Ready,
    Hibernated,

    /// <summary>The user asked for deletion; something may still run.</summary>
    Deleting,

    /// <summary>Terminal: ended by a fault that the deployment names.</summary>
    Failed,

    /// <summary>Terminal: listing the provider showed that nothing is left.</summary>
    Deleted,
}

public static class Phases
{
    public static bool IsTerminal(this Phase phase) => phase is Phase.Failed or Phase.Deleted;

    /// <summary>Nothing may serve it any more: what is still listed is deleted.</summary>
    public static bool IsEnded(this Phase phase) => phase is Phase.Deleting or Phase.Failed or Phase.Deleted;

    /// <summary>Validating up to warming: what the start deadline bounds.</summary>
    public static bool IsStarting(this Phase phase) => phase < Phase.Ready;

    /// <summary>
    /// Whether a deployment may go from one phase to another. <paramref name="attempt"/> is the attempt the news speaks of,
    /// <paramref name="currentAttempt"/> the one the row is at: news of an older attempt changes nothing, so no late event resurrects,
    /// un-fails or un-deletes.
    /// </summary>
    public static bool MayAdvance(Phase from, int currentAttempt, Phase to, int attempt)
    {
        if (attempt != currentAttempt) return false;
        return from switch
        {
            Phase.Deleted => false,
            Phase.Failed => to is Phase.Deleting,
            Phase.Deleting => to is Phase.Deleted,
            Phase.Ready => to is Phase.Hibernated or Phase.Failed or Phase.Deleting,
            Phase.Hibernated => to is Phase.Ready or Phase.Failed or Phase.Deleting,
            _ => (to > from && to is not (Phase.Hibernated or Phase.Deleted)) || to is Phase.Deleting,
        };
    }

    /// <summary>The word on <c>/v1</c>, as the seed spells it; <c>deleting</c> is ours (docs/adr/0004).</summary>
    public static string Word(this Phase phase) => phase switch
    {
        Phase.Accepted => "accepted_cold",
        Phase.Validating => "validating",
        Phase.SelectingGpu => "selecting_gpu",
        Phase.CreatingEndpoint => "creating_endpoint",
        Phase.DownloadingModel => "downloading_model",
        Phase.LoadingModel => "loading_model",
        Phase.Warming => "warming",
        Phase.Ready => "ready",
        Phase.Hibernated => "hibernated",
        Phase.Deleting => "deleting",
        Phase.Failed => "failed",
        Phase.Deleted => "deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };

    public static bool TryParse(string? word, out Phase phase)
    {
        foreach (var candidate in Enum.GetValues<Phase>())
        {
            if (!string.Equals(candidate.Word(), word, StringComparison.Ordinal)) continue;
            phase = candidate;
            return true;
        }

        phase = default;
        return false;
    }
}
