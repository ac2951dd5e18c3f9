using Rouse.Store.Tests.Engines;
using Rouse.TestKit.Postgres;

namespace Rouse.Store.Tests.Durability;

/// <summary>Where a database of the same engine could be, and none is yet.</summary>
internal sealed class FreshLocation(Engine engine) : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder();

    public async Task<string> LocateAsync() => engine is SqliteEngine
        ? "sqlite:" + Path.Combine(_folder.Path, "rouse.db")
        : await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    public void Dispose() => _folder.Dispose();
}
