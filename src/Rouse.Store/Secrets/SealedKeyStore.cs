using Dapper;

namespace Rouse.Store.Secrets;

/// <summary>A key as the store sees it: sealed with the master key, which never comes here.</summary>
/// <param name="MasterKeyId">Which master key opens it.</param>
public sealed record SealedKey(string Name, string MasterKeyId, byte[] Sealed);

/// <summary>The keys of an installation, shared by its replicas and part of every backup.</summary>
public sealed class SealedKeyStore(Database database, TimeProvider time)
{
    public ValueTask<IReadOnlyList<SealedKey>> ListAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyList<SealedKey>>(
        async connection =>
        {
            var rows = await connection.QueryAsync<Row>("select name, master_key_id, sealed from sealed_keys order by created_at, name");
            return [.. rows.Select(row => new SealedKey(row.Name, row.MasterKeyId, row.Sealed))];
        },
        ct);

    /// <summary>The key there is under this name; when there is none, <paramref name="candidate"/>, which then stays. All callers get the same.</summary>
    public ValueTask<SealedKey> GetOrAddAsync(SealedKey candidate, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            await connection.ExecuteAsync(
                "insert into sealed_keys (name, master_key_id, sealed, created_at) values (@Name, @MasterKeyId, @Sealed, @at) on conflict do nothing",
                new { candidate.Name, candidate.MasterKeyId, candidate.Sealed, at = time.UnixNow() });
            var row = await connection.QuerySingleAsync<Row>("select name, master_key_id, sealed from sealed_keys where name = @Name", new { candidate.Name });
            return new SealedKey(row.Name, row.MasterKeyId, row.Sealed);
        },
        ct);

    /// <summary>Puts the same keys under another master key, all or none.</summary>
    public async ValueTask ResealAsync(IReadOnlyList<SealedKey> keys, CancellationToken ct) => await database.WriteAsync(
        async connection =>
        {
            foreach (var key in keys)
            {
                await connection.ExecuteAsync("update sealed_keys set master_key_id = @MasterKeyId, sealed = @Sealed where name = @Name", key);
            }

            return keys.Count;
        },
        ct);

    public async ValueTask RemoveAsync(string name, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync("delete from sealed_keys where name = @name", new { name }), ct);

    private sealed record Row
    {
        public string Name { get; init; } = "";

        public string MasterKeyId { get; init; } = "";

        public byte[] Sealed { get; init; } = [];
    }
}
