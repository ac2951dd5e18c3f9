using Dapper;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Usage;

/// <summary>What requests to services came to, a few seconds of one deployment a row, kept for <see cref="Kept"/>.</summary>
public sealed class UsageStore(Database database, TimeProvider time)
{
    /// <summary>A month's bill and the days it takes to ask about it.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(35);

    /// <summary>Rows removed in one transaction, so that the writer is not held for long.</summary>
    public const int PruneBatch = 5_000;

    private const string Within = "tenant = @Tenant and deployment = @Deployment and at >= @From and at < @To";

    private const string Insert = """
        insert into request_usage (
            writer, n, tenant, deployment, at, requests, queued, succeeded, refused, failed, unanswered, cold_starts, bytes_in, bytes_out, waited, lasted)
        values (
            @Writer, @Number, @Tenant, @Deployment, @At, @Requests, @Queued, @Succeeded, @Refused, @Failed, @Unanswered, @ColdStarts, @BytesIn, @BytesOut, @Waited, @Lasted)
        on conflict do nothing
        """;

    /// <summary>Writes all rows or none. What a writer has written before under the same number stays as it is, so it may be repeated.</summary>
    /// <param name="writer">No other process's, ever.</param>
    public async ValueTask AddAsync(string writer, IReadOnlyList<UsageRow> rows, CancellationToken ct)
    {
        var all = rows.Select(row => new
        {
            Writer = writer, row.Number, Tenant = row.Tenant.Value, Deployment = row.Deployment.Value, At = row.At.ToUnixTimeMilliseconds(),
            row.Totals.Requests, row.Totals.Queued, row.Totals.Succeeded, row.Totals.Refused, row.Totals.Failed, row.Totals.Unanswered, row.Totals.ColdStarts,
            row.Totals.BytesIn, row.Totals.BytesOut, Waited = row.Waited.ToString(), Lasted = row.Lasted.ToString(),
        }).ToList();
        await database.WriteAsync(async connection => await connection.ExecuteAsync(Insert, all), ct);
    }

    /// <param name="from">Inclusive, of when the request came, to a few seconds.</param>
    /// <param name="to">Exclusive.</param>
    public ValueTask<(UsageTotals Totals, DurationHistogram Waited, DurationHistogram Lasted)> SumAsync(
        TenantId tenant, DeploymentId deployment, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => database.ReadAsync(async connection =>
    {
        var args = new { Tenant = tenant.Value, Deployment = deployment.Value, From = from.ToUnixTimeMilliseconds(), To = to.ToUnixTimeMilliseconds() };
        var (sum, waited, lasted) = (new TotalsRow(), new DurationHistogram(), new DurationHistogram());
        await foreach (var row in connection.QueryUnbufferedAsync<TotalsRow>(
            $"select requests, queued, succeeded, refused, failed, unanswered, cold_starts, bytes_in, bytes_out, waited, lasted from request_usage where {Within}", args))
        {
            ct.ThrowIfCancellationRequested();
            sum.Add(row);
            waited.Add(DurationHistogram.Parse(row.Waited));
            lasted.Add(DurationHistogram.Parse(row.Lasted));
        }

        return (sum.ToTotals(), waited, lasted);
    }, ct);

    /// <summary>Forgets what is older than <see cref="Kept"/>; answers how many rows, at most <see cref="PruneBatch"/>.</summary>
    public ValueTask<int> PruneAsync(CancellationToken ct)
    {
        var args = new { Before = time.UnixNow() - (long)Kept.TotalMilliseconds, Most = PruneBatch };
        return database.WriteAsync(async connection => await connection.ExecuteAsync(
            "delete from request_usage where (writer, n) in (select writer, n from request_usage where at < @Before order by at limit @Most)", args), ct);
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
        public string Waited { get; set; } = "";
        public string Lasted { get; set; } = "";

        public void Add(TotalsRow row)
        {
            (Requests, Queued, Succeeded, Refused) = (Requests + row.Requests, Queued + row.Queued, Succeeded + row.Succeeded, Refused + row.Refused);
            (Failed, Unanswered, ColdStarts) = (Failed + row.Failed, Unanswered + row.Unanswered, ColdStarts + row.ColdStarts);
            (BytesIn, BytesOut) = (BytesIn + row.BytesIn, BytesOut + row.BytesOut);
        }

        public UsageTotals ToTotals() => new()
        {
            Requests = Requests, Queued = Queued, Succeeded = Succeeded, Refused = Refused, Failed = Failed, Unanswered = Unanswered, ColdStarts = ColdStarts, BytesIn = BytesIn, BytesOut = BytesOut,
        };
    }
}
