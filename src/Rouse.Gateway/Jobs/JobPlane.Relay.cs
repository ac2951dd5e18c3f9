using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Gateway.Jobs;

/// <content>
/// What a relay does besides what workers do. It stands in line as a worker, but hands its jobs on to a provider's own queue, so it is none in the
/// counts.
/// </content>
public sealed partial class JobPlane
{
    private static readonly Func<WorkerEntry, bool> s_isRelay = static entry => !entry.IsRelay && (entry.IsRelay = true);

    /// <summary>As <see cref="TakeAsync(DeploymentId, string, int, CancellationToken)"/>, for a relay.</summary>
    public ValueTask<IReadOnlyList<TakenJob>> TakeToRelayAsync(DeploymentId deployment, string relay, int most, CancellationToken ct) => TakeAsync(
        deployment, relay, most, s_isRelay, store.TakeToRelayAsync, ct);

    /// <summary>The relay lives and holds these jobs: their leases are renewed, and those that are not its own any more it is asked to stop.</summary>
    public async ValueTask KeepAsync(DeploymentId deployment, string relay, IReadOnlyList<JobId> held, CancellationToken ct)
    {
        var room = await EnterAsync(deployment, ct);
        var entry = See(room, deployment, relay, s_isRelay);
        if (held.Count > 0) entry.Stop(await store.ExtendAsync(deployment, relay, held, ct));
    }

    /// <summary>The provider did not take the job: it waits again as if it had not been taken.</summary>
    public async ValueTask PutBackAsync(DeploymentId deployment, string relay, JobId id)
    {
        await store.ReturnAsync(deployment, relay, [id], CancellationToken.None);
        Apply(new JobChange(deployment, id, JobStatus.InQueue, Holder: null, ToldByWebhook: false));
    }

    /// <summary>A worker of the provider's has the job now.</summary>
    public async ValueTask BeginAsync(DeploymentId deployment, string relay, JobId id, CancellationToken ct)
    {
        await store.BeginAsync(deployment, relay, id, ct);
        _watches.Fire(deployment, id);
    }

    /// <summary>The provider lost the job: it waits again, or ends FAILED when it was given out <see cref="JobLimits.MaxTries"/> times.</summary>
    public async ValueTask LoseAsync(DeploymentId deployment, string relay, JobId id, CancellationToken ct) =>
        Apply(await store.LoseAsync(deployment, relay, id, ct));
}
