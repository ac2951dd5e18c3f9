using Dapper;
using Rouse.Store.Ownership;

namespace Rouse.Store.Caching;

public sealed partial class CacheStore
{
    /// <summary>The files that are whole already, by path.</summary>
    public ValueTask<IReadOnlyList<CacheFile>> ListFilesAsync(string id, CancellationToken ct) => database.ReadAsync<IReadOnlyList<CacheFile>>(
        async connection =>
        [
            .. (await connection.QueryAsync<FileRow>("select path, size, etag, sha256 from cache_files where entry = @id order by path", new { id }))
                .Select(row => new CacheFile(row.Path, row.Size, row.Etag, row.Sha256)),
        ],
        ct);

    /// <summary>Notes a file that is whole, so that a fill after a crash need not bring it again.</summary>
    /// <returns>False when the lease is another's by now.</returns>
    public ValueTask<bool> SaveFileAsync(Lease lease, string id, CacheFile file, CancellationToken ct) => UnderAsync(
        lease,
        """
        insert into cache_files (entry, path, size, etag, sha256) values (@id, @Path, @Size, @Etag, @Sha256)
        on conflict (entry, path) do update set size = excluded.size, etag = excluded.etag, sha256 = excluded.sha256
        """,
        new { id, file.Path, file.Size, file.Etag, file.Sha256 },
        ct);

    /// <summary>Its manifest is written: from now on it may be loaded.</summary>
    /// <param name="manifest">SHA-256 of it.</param>
    public ValueTask<bool> CompleteAsync(Lease lease, string id, string manifest, CancellationToken ct) => UnderAsync(
        lease,
        """
        update cache_entries set
            state = 'Complete', manifest = @manifest, stored_at = @now, tries = 0, failure = null,
            files = (select count(*) from cache_files where entry = @id),
            bytes = (select cast(coalesce(sum(size), 0) as bigint) from cache_files where entry = @id)
        where id = @id and state = 'Wanted'
        """,
        new { id, manifest, now = time.UnixNow() },
        ct);

    /// <summary>It did not work out this time.</summary>
    /// <param name="again">When to try again; null gives it up.</param>
    public ValueTask<bool> PostponeAsync(Lease lease, string id, string failure, DateTimeOffset? again, CancellationToken ct) => UnderAsync(
        lease,
        """
        update cache_entries set
            tries = tries + 1, failure = @failure, next_at = coalesce(@again, next_at),
            state = case when @again is null and state = 'Wanted' then 'Failed' else state end
        where id = @id and state in ('Wanted', 'Removing')
        """,
        new { id, failure = StorableText.Message(failure), again = UnixTime.To(again) },
        ct);

    /// <summary>Nothing of it is left at its place.</summary>
    public ValueTask<bool> RemovedAsync(Lease lease, string id, CancellationToken ct) => UnderAsync(
        lease,
        "update cache_entries set state = 'Removed', removed_at = @now where id = @id and state = 'Removing'",
        new { id, now = time.UnixNow() },
        ct);

    /// <summary>Requests that were made for it, whatever came of them; they cost all the same.</summary>
    public async ValueTask CountAsync(string id, long writes, long reads, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "update cache_entries set writes = writes + @writes, reads = reads + @reads where id = @id", new { id, writes, reads }),
        ct);

    private ValueTask<bool> UnderAsync(Lease lease, string sql, object parameters, CancellationToken ct) => database.WriteAsync(
        async connection => await LeaseStore.HoldsAsync(connection, database.Dialect, lease) && await connection.ExecuteAsync(sql, parameters) > 0, ct);

    private sealed record FileRow
    {
        public string Path { get; init; } = "";

        public long Size { get; init; }

        public string Etag { get; init; } = "";

        public string Sha256 { get; init; } = "";
    }
}
