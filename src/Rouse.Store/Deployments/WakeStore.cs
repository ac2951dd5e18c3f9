using System.Data.Common;
using Dapper;
using Rouse.Core.Deployments;

namespace Rouse.Store.Deployments;

/// <summary>How long wakes took, to promise from.</summary>
public sealed class WakeStore(Database database)
{
    /// <summary>Wakes of one deployment that count: enough for a quartile, few enough to follow a change.</summary>
    public const int Remembered = 50;

    /// <summary>Durations of the deployment's own wakes in seconds, newest first; where it had none, its first start, if that is over.</summary>
    public ValueTask<IReadOnlyList<double>> OfAsync(DeploymentId id, CancellationToken ct) => database.ReadAsync<IReadOnlyList<double>>(
        async connection =>
        {
            List<long> wakes = [.. await connection.QueryAsync<long>(
                "select milliseconds from wakes where deployment_id = @id order by at desc limit @limit", new { id = id.Value, limit = Remembered })];
            if (wakes.Count == 0)
            {
                wakes.AddRange(await connection.QueryAsync<long>(
                    "select first_ready_at - created_at from deployments where id = @id and first_ready_at is not null and attempt > 0", new { id = id.Value }));
            }

            return [.. wakes.Select(milliseconds => milliseconds / 1000d)];
        },
        ct);

    /// <summary>In the transaction that makes it ready.</summary>
    internal static async ValueTask AddAsync(DbConnection connection, DeploymentId id, DateTimeOffset began, DateTimeOffset now)
    {
        var at = now.ToUnixTimeMilliseconds();
        await connection.ExecuteAsync(
            "insert into wakes (deployment_id, at, milliseconds) values (@id, @at, @took) on conflict (deployment_id, at) do nothing",
            new { id = id.Value, at, took = Math.Max(0, at - began.ToUnixTimeMilliseconds()) });
        await connection.ExecuteAsync(
            """
            delete from wakes where deployment_id = @id and at <= (
                select at from wakes where deployment_id = @id order by at desc limit 1 offset @keep)
            """,
            new { id = id.Value, keep = Remembered });
    }
}
