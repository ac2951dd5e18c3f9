using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Store.Jobs;

/// <content>What a relay does: <c>taken_at</c> stays empty until a worker of the provider's has the job.</content>
public sealed partial class JobStore
{
    public ValueTask<IReadOnlyList<TakenJob>> TakeToRelayAsync(DeploymentId deployment, string relay, int most, CancellationToken ct) =>
        TakeAsync(deployment, relay, most, relayed: true, ct);

    public async ValueTask BeginAsync(DeploymentId deployment, string relay, JobId id, CancellationToken ct)
    {
        var args = new { Deployment = deployment.Value, Id = id.Value, Relay = relay, Now = Now() };
        await database.WriteAsync(async connection => await connection.ExecuteAsync("""
            update jobs set taken_at = @Now
            where deployment = @Deployment and id = @Id and worker = @Relay and status = 'IN_PROGRESS' and relayed = 1 and taken_at is null
            """, args), ct);
    }

    public ValueTask<IReadOnlyList<JobChange>> LoseAsync(DeploymentId deployment, string worker, JobId id, CancellationToken ct) =>
        database.WriteAsync(connection => LoseAsync(
            connection, $"status = 'IN_PROGRESS' and worker = @worker and {This}", new { deployment = deployment.Value, worker, id = id.Value }), ct);
}
