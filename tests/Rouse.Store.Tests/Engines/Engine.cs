using Rouse.TestKit.Postgres;

namespace Rouse.Store.Tests.Engines;

/// <summary>One fresh database for one test class.</summary>
public abstract class Engine : IAsyncLifetime
{
    private Database? _database;

    public Database Database => _database!;

    public string Location { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Location = await LocateAsync();
        _database = await Database.OpenAsync(Location);
    }

    public virtual async Task DisposeAsync() => await Database.DisposeAsync();

    protected abstract Task<string> LocateAsync();
}

public sealed class SqliteEngine : Engine
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "rouse-store-" + Path.GetRandomFileName());

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<string> LocateAsync() => Task.FromResult("sqlite:" + Path.Combine(_folder, "rouse.db"));
}

/// <summary>Ends with the process: the server's databases go with it.</summary>
public sealed class PostgresEngine : Engine
{
    protected override async Task<string> LocateAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
}
