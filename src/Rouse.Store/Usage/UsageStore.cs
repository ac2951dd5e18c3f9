using System.Buffers;
using System.Data.Common;
using System.Text;
using System.Text.Json;
using Dapper;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Usage;

/// <summary>The requests to services, one row each, kept for <see cref="Kept"/>.</summary>
public sealed class UsageStore(Database database, TimeProvider time)
{
    /// <summary>A month's bill and the days it takes to ask about it.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(35);

    /// <summary>Rows removed in one transaction, so that the writer is not held for long.</summary>
    public const int PruneBatch = 5_000;

    private const string Columns = "writer, n, tenant, deployment, queued, at, waited_ms, lasted_ms, status, bytes_in, bytes_out, cold";
    private const string Within = "tenant = @Tenant and deployment = @Deployment and at >= @From and at < @To";

    /// <summary>Writes all of a batch or nothing of it, in one statement. What a writer has written before under the same number stays as it is, so a batch may be repeated.</summary>
    /// <param name="writer">No other process's, ever.</param>
    public async ValueTask AddAsync(string writer, IReadOnlyList<UsageRow> rows, CancellationToken ct)
    {
        var args = new { Writer = writer, Rows = Json(rows) };
        var sql = database.Dialect == SqlDialect.Postgres
            ? $"insert into request_usage ({Columns}) select @Writer, {Cells("(r->>{0})::bigint", "r->>{0}")} from json_array_elements(@Rows::json) r on conflict do nothing"
            : $"insert into request_usage ({Columns}) select @Writer, {Cells("json_extract(value, '$[{0}]')", "json_extract(value, '$[{0}]')")} from json_each(@Rows) where true on conflict do nothing";
        await database.WriteAsync(async connection => await connection.ExecuteAsync(sql, args), ct);
    }

    /// <param name="from">Inclusive, of when the request came.</param>
    /// <param name="to">Exclusive.</param>
    public ValueTask<(UsageTotals Totals, UsageRanks Waited, UsageRanks Lasted)> SumAsync(
        TenantId tenant, DeploymentId deployment, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var args = new { Tenant = tenant.Value, Deployment = deployment.Value, From = from.ToUnixTimeMilliseconds(), To = to.ToUnixTimeMilliseconds() };
        var totals = await connection.QueryFirstAsync<TotalsRow>($"""
            select count(*) as requests, coalesce(sum(queued), 0) as queued, coalesce(sum(cold), 0) as cold_starts,
                cast(coalesce(sum(bytes_in), 0) as {Whole}) as bytes_in, cast(coalesce(sum(bytes_out), 0) as {Whole}) as bytes_out,
                coalesce(sum(case when status between 100 and 399 then 1 else 0 end), 0) as succeeded,
                coalesce(sum(case when status between 400 and 499 then 1 else 0 end), 0) as refused,
                coalesce(sum(case when status >= 500 then 1 else 0 end), 0) as failed,
                coalesce(sum(case when status < 100 then 1 else 0 end), 0) as unanswered
            from request_usage where {Within}
            """, args);
        return (totals.ToTotals(), await RanksAsync(connection, "waited_ms", totals.Requests, args), await RanksAsync(connection, "lasted_ms", totals.Requests, args));
    }, ct);

    /// <summary>Forgets what is older than <see cref="Kept"/>; answers how many, at most <see cref="PruneBatch"/>.</summary>
    public ValueTask<int> PruneAsync(CancellationToken ct)
    {
        var args = new { Before = time.UnixNow() - (long)Kept.TotalMilliseconds, Most = PruneBatch };
        return database.WriteAsync(async connection => await connection.ExecuteAsync(
            "delete from request_usage where (writer, n) in (select writer, n from request_usage where at < @Before order by at limit @Most)", args), ct);
    }

    private string Whole => database.Dialect == SqlDialect.Postgres ? "bigint" : "integer";

    private static async ValueTask<UsageRanks> RanksAsync(DbConnection connection, string column, long count, object args)
    {
        if (count == 0) return new UsageRanks(0, 0, 0);
        return new UsageRanks(await AtAsync(0.5), await AtAsync(0.95), await AtAsync(0.99));

        async ValueTask<long> AtAsync(double p) => await connection.ExecuteScalarAsync<long>(
            $"select {column} from request_usage where {Within} order by {column} limit 1 offset {(long)Math.Ceiling(count * p) - 1}", args);
    }

    /// <summary>The cells of a row of <see cref="Json"/>, in the order of <see cref="Columns"/> without its first.</summary>
    private static string Cells(string number, string text) =>
        string.Join(", ", Enumerable.Range(0, 11).Select(cell => string.Format(System.Globalization.CultureInfo.InvariantCulture, cell is 1 or 2 ? text : number, cell)));

    private static string Json(IReadOnlyList<UsageRow> rows)
    {
        var buffer = new ArrayBufferWriter<byte>(128 * Math.Max(1, rows.Count));
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var row in rows)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(row.Number);
                writer.WriteStringValue(row.Tenant.Value);
                writer.WriteStringValue(row.Deployment.Value);
                writer.WriteNumberValue(row.IsQueued ? 1 : 0);
                writer.WriteNumberValue(row.At.ToUnixTimeMilliseconds());
                writer.WriteNumberValue((long)row.Waited.TotalMilliseconds);
                writer.WriteNumberValue((long)row.Lasted.TotalMilliseconds);
                writer.WriteNumberValue(row.Status);
                writer.WriteNumberValue(row.BytesIn);
                writer.WriteNumberValue(row.BytesOut);
                writer.WriteNumberValue(row.ColdStart ? 1 : 0);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private sealed class TotalsRow
    {
        public long Requests { get; set; }
        public long Queued { get; set; }
        public long Succeeded { get; set; }
        public long Refused { get; set; }
        public long Failed { get; set; }
        public long Unanswered { get; set; }
        public long ColdStarts { get; set; }
        public long BytesIn { get; set; }
        public long BytesOut { get; set; }

        public UsageTotals ToTotals() => new()
        {
            Requests = Requests, Queued = Queued, Succeeded = Succeeded, Refused = Refused, Failed = Failed, Unanswered = Unanswered, ColdStarts = ColdStarts, BytesIn = BytesIn, BytesOut = BytesOut,
        };
    }
}
