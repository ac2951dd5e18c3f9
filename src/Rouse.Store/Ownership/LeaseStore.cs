using System.Data.Common;
using Dapper;

namespace Rouse.Store.Ownership;

/// <summary>A name held for a time.</summary>
/// <param name="Fence">Grows with every change of owner. What is written under a lease carries it, so that a paused former owner writes
/// nothing.</param>
public sealed record Lease(string Name, string Owner, long Fence, DateTimeOffset Until);

/// <summary>
/// Time-limited ownership. The clock is the caller's, so replicas' clocks must agree within a lease's slack; where they do not, two may believe to
/// be the owner at once, which is why nothing correct may rest on a lease alone: check the fence, or compare and set.
/// </summary>
public sealed class LeaseStore(Database database, TimeProvider time)
{
    /// <summary>Takes a free or expired lease, or renews one's own.</summary>
    /// <returns>Null while another owner holds it.</returns>
    public async ValueTask<Lease?> TryAcquireAsync(string name, string owner, TimeSpan length, CancellationToken ct)
    {
        var now = time.StoredNow();
        var until = now + length;
        var fence = await database.WriteAsync(
            async connection => await connection.ExecuteScalarAsync<long?>(
                """
                insert into leases (name, owner, fence, until) values (@name, @owner, 1, @until)
                on conflict (name) do update set
                    owner = excluded.owner, until = excluded.until, fence = leases.fence + case when leases.owner = excluded.owner then 0 else 1 end
                where leases.owner = excluded.owner or leases.until <= @now
                returning fence
                """,
                new { name, owner, until = until.ToUnixTimeMilliseconds(), now = now.ToUnixTimeMilliseconds() }),
            ct);
        return fence is { } number ? new Lease(name, owner, number, until) : null;
    }

    /// <summary>Gives the lease back; the fence is kept. Nothing happens when it is another's by now.</summary>
    public async ValueTask ReleaseAsync(string name, string owner, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update leases set until = 0 where name = @name and owner = @owner",
            new { name, owner }),
        ct);

    /// <summary>Inside the transaction of a write made under the lease: whether nobody has taken it over, held so until the commit.</summary>
    internal static async ValueTask<bool> HoldsAsync(DbConnection connection, SqlDialect dialect, Lease lease) =>
        await connection.ExecuteScalarAsync<long?>(
            "select fence from leases where name = @Name and owner = @Owner" + dialect.ForUpdate(), new { lease.Name, lease.Owner }) == lease.Fence;
}
