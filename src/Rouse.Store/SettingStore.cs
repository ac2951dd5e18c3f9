using Dapper;

namespace Rouse.Store;

/// <summary>Single values of this installation, such as its id.</summary>
public sealed class SettingStore(Database database)
{
    public ValueTask<string?> GetAsync(string name, CancellationToken ct) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<string?>("select value from settings where name = @name", new { name }), ct);

    /// <summary>The value there is; when there is none, <paramref name="candidate"/>, which then stays. All callers get the same.</summary>
    public ValueTask<string> GetOrCreateAsync(string name, string candidate, CancellationToken ct) => database.WriteAsync(
        async connection =>
        {
            await connection.ExecuteAsync(
                "insert into settings (name, value) values (@name, @candidate) on conflict do nothing",
                new { name, candidate });
            return await connection.ExecuteScalarAsync<string>("select value from settings where name = @name", new { name }) ?? candidate;
        },
        ct);

    public async ValueTask SetAsync(string name, string value, CancellationToken ct) => await database.WriteAsync(
        async connection => await connection.ExecuteAsync(
            "insert into settings (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value", new { name, value }),
        ct);
}
