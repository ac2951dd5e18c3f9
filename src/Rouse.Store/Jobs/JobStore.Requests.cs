using System.Data.Common;
using Dapper;
using Rouse.Core.Jobs;

namespace Rouse.Store.Jobs;

/// <content>What jobs of services have besides: a request, and an exact bound of those that wait.</content>
public sealed partial class JobStore
{
    /// <summary>Exact over all replicas: SQLite has one writer, and PostgreSQL's are lined up by a lock of the deployment's until they commit.</summary>
    private async ValueTask<bool> IsFullAsync(DbConnection connection, NewJob job, int most, long now)
    {
        var args = new { Deployment = job.Deployment.Value, Now = now };
        if (database.Dialect == SqlDialect.Postgres) await connection.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('queue ' || @Deployment, 0))", args);
        return await connection.ExecuteScalarAsync<long>(
            "select count(*) from jobs where deployment = @Deployment and status = 'IN_QUEUE' and drop_at > @Now", args) >= most;
    }

    private static async ValueTask AddRequestAsync(DbConnection connection, NewJob job, ServiceRequest request) => await connection.ExecuteAsync("""
        insert into job_requests (deployment, id, method, target, headers, repeatable, file, bytes, sha256)
        values (@Deployment, @Id, @Method, @Target, @Headers, @Repeatable, @File, @Bytes, @Sha256)
        """, new
        {
            Deployment = job.Deployment.Value,
            Id = job.Id.Value,
            request.Method,
            request.Target,
            Headers = HeaderLines.Write(request.Headers),
            Repeatable = request.IsRepeatable ? 1 : 0,
            File = request.Body?.Name,
            Bytes = request.Body?.Bytes ?? 0,
            request.Body?.Sha256,
        });
}
