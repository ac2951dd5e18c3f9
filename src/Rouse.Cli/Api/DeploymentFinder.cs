using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Api;

/// <summary>What people type for a deployment: its id, its name, or the first characters of its id.</summary>
internal static class DeploymentFinder
{
    private const string Prefix = "dep_";
    private const int IdLength = 30;

    public static async Task<Reply<DeploymentView>> FindAsync(this RouseClient api, string typed, CancellationToken ct)
    {
        if (typed.Length == IdLength && typed.StartsWith(Prefix, StringComparison.Ordinal)) return await api.GetAsync(typed, ct);
        var listed = await api.ListAsync(ct);
        if (!listed.TryGet(out var all, out var failure)) return failure;
        var chosen = Choose(typed, all);
        // The list may leave out parts, such as logs; the single answer has all.
        return chosen.TryGet(out var found, out failure) ? await api.GetAsync(found.DeploymentId, ct) : failure;
    }

    /// <summary>
    /// A living deployment's name wins, then a living one's id prefix; only where nothing lives are ended ones looked at, so that removing twice
    /// by name finds the same deployment. Of several ended ones with a name the newest is meant.
    /// </summary>
    public static Reply<DeploymentView> Choose(string typed, IReadOnlyList<DeploymentView> newestFirst)
    {
        var living = newestFirst.Where(d => !PhaseWords.IsDeleted(d.Status)).ToList();
        IEnumerable<DeploymentView>[] tries =
        [
            living.Where(IsNamed), living.Where(IsPrefixed), newestFirst.Where(IsNamed).Take(1), newestFirst.Where(IsPrefixed),
        ];
        var matches = tries.Select(t => t.ToList()).FirstOrDefault(t => t.Count > 0) ?? [];
        return matches switch
        {
            [var one] => one,
            [] => new Failure(ExitCode.NotFound, "DEPLOYMENT_NOT_FOUND", $"there is no deployment '{typed}'", "`rouse ls --all` shows what there is"),
            _ => Failure.Usage($"'{typed}' means {matches.Count} deployments: {Some(matches)}", "type more of the id; `rouse ls` shows them"),
        };

        static string Some(List<DeploymentView> many)
            => string.Join(", ", many.Take(3).Select(d => d.DeploymentId)) + (many.Count > 3 ? ", …" : "");

        bool IsNamed(DeploymentView d) => string.Equals(d.Name, typed, StringComparison.Ordinal);
        bool IsPrefixed(DeploymentView d) => typed.Length > 0
            && (d.DeploymentId.StartsWith(typed, StringComparison.Ordinal) || d.DeploymentId.StartsWith(Prefix + typed, StringComparison.Ordinal));
    }
}
