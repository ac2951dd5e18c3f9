using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Core.Analytics;

/// <summary>A deployment that uses or created a backend.</summary>
public sealed record CapacityUser(DeploymentId Id, BackendId? Backend, Phase Phase, int Attempt, DateTimeOffset CreatedAt);

/// <summary>What is stored about the backends of one look.</summary>
/// <param name="Open">Open spans of these backends, and those counted on the deployment that was looked at.</param>
/// <param name="Users">Who uses, and who created, any of them.</param>
public sealed record CapacityBook(IReadOnlyList<CapacitySpan> Open, IReadOnlyList<CapacityUser> Users)
{
    /// <summary>What a look at one deployment's backends says of each.</summary>
    public IReadOnlyList<CapacitySighting> Sightings(DeploymentState row, IReadOnlyList<ObservedBackend> observed) =>
        [.. observed.Select(backend => Sight(row, backend))];

    /// <summary>Open spans that the look would have shown if their backends lived. What another deployment still uses is shown to that one.</summary>
    public IReadOnlyList<CapacitySpan> Expected(DeploymentState row, IReadOnlyList<ObservedBackend> observed) =>
    [
        .. Open.Where(span => observed.Any(backend => backend.Id == span.Backend)
            || (span.Deployment == row.Id && !Users.Any(user => user.Id != row.Id && user.Backend == span.Backend && !user.Phase.IsEnded()))),
    ];

    private CapacitySighting Sight(DeploymentState row, ObservedBackend backend)
    {
        var open = Open.FirstOrDefault(span => span.Backend == backend.Id);
        var creator = backend.Name.Deployment;
        var payer = Payer(backend, open);
        var user = Users.FirstOrDefault(one => one.Id == payer);
        var attempt = payer == creator ? backend.Name.Attempt : user?.Attempt ?? 0;
        return new CapacitySighting(payer, attempt, backend.Id, backend.WorkersKnown ? Figures(row, backend, user?.Phase ?? row.Phase, open) : null);
    }

    /// <summary>Counted once: on who created it while that lives, else on the oldest that uses it, else on whom it was counted last.</summary>
    private DeploymentId Payer(ObservedBackend backend, CapacitySpan? open)
    {
        var creator = backend.Name.Deployment;
        var living = Users.Where(user => !user.Phase.IsEnded()).ToList();
        if (living.Exists(user => user.Id == creator)) return creator;
        var heir = living.Where(user => user.Backend == backend.Id).OrderBy(user => user.CreatedAt).ThenBy(user => user.Id.Value, StringComparer.Ordinal).FirstOrDefault();
        return heir?.Id ?? open?.Deployment ?? creator;
    }

    private static CapacityFigures Figures(DeploymentState row, ObservedBackend backend, Phase phase, CapacitySpan? open)
    {
        // A provider that cannot tell whether the model is loaded shows no worker as ready; the workers' own reports move the phase.
        var ready = backend.ReadyWorkers > 0 ? Math.Min(backend.ReadyWorkers, backend.Workers)
            : backend.Status == BackendStatus.Running && phase == Phase.Ready ? backend.Workers
            : 0;
        var isOffers = backend.Id == row.Backend || (backend.Name.Deployment == row.Id && backend.Name.Attempt == row.Attempt);
        var price = backend.WorkerUsdPerHour / 3600 ?? (isOffers ? row.Offer?.PricePerSecond : open?.Figures.PricePerSecond);
        return new CapacityFigures(backend.Workers - ready, ready, price, backend.StorageUsdPerHour);
    }
}
