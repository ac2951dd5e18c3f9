using Rouse.Core.Deployments;

namespace Rouse.Providers.Runpod;

/// <summary>What can be wrong with a thing Runpod says it made. Pure.</summary>
internal static class RunpodFlaw
{
    private const int NamesShown = 5;

    /// <param name="made">Its name, as shown; null when it was not shown.</param>
    /// <param name="kept">Its variables, as shown.</param>
    /// <returns>Null when nothing is wrong.</returns>
    public static FailureCause? Of(string? made, BackendName name, IReadOnlyDictionary<string, string>? kept, IReadOnlyDictionary<string, string> sent)
    {
        // Under another name nobody would find it again.
        if (made is not null && !(RunpodNames.TryParse(made, out var shown) && shown == name))
        {
            return new FailureCause(
                FailureCodes.Rejected, "Runpod made it under another name than it was asked for, so it was removed. Deploy again, and report this.");
        }

        var lost = sent.Where(variable => kept is null || !kept.TryGetValue(variable.Key, out var value) || value != variable.Value)
            .Select(variable => variable.Key)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (lost.Count == 0) return null;
        var names = string.Join(", ", lost.Take(NamesShown));
        return new FailureCause(
            FailureCodes.EnvironmentDropped,
            $"Runpod made it without what its worker needs ({names}), so it was removed. Deploy again; if it stays so, report this.");
    }
}
