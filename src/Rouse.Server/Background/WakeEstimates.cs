using Rouse.Core.Deployments;
using Rouse.Store.Deployments;

namespace Rouse.Server.Background;

/// <summary>How long a wake of a service takes: learned from its own, else from all starts.</summary>
internal sealed class WakeEstimates(WakeStore wakes, DeploymentFigures figures)
{
    public async ValueTask<StartEstimate> OfAsync(DeploymentId id, CancellationToken ct)
    {
        var own = await wakes.OfAsync(id, ct);
        if (own.Count > 0) return StartEstimate.From(own, []);
        var all = await figures.NewestStartsAsync(ct);
        return StartEstimate.From([], [.. all.Select(start => start.TotalSeconds)]);
    }
}
