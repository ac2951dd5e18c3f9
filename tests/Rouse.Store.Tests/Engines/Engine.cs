using Rouse.TestKit.Postgres;

namespace Rouse.Store.Tests.Engines;

/// <summary>One fresh database for one test class.</summary>
public abstract class Engine : IAsyncLifetime
{
    private Database? _database;

    public Database Database => _database!;

    public string Location { get; private set; } = "";

    // A class whose facts are all skipped still gets its fixture.
    public async Task InitializeAsync()
    {
        if (SkipReason is not null) return;
        Location = await LocateAsync();
        _database = await Database.OpenAsync(Location);
    }

    public virtual async Task DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
    }

    protected virtual string? SkipReason => null;

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
    /// <summary>Why there is no such database here, unless there must be one.</summary>
    public static string? Missing { get; } =
        string.Equals(Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS"), "1", StringComparison.Ordinal) ? null : PostgresServer.MissingReason;

    protected override string? SkipReason => Missing;

    protected override async Task<string> LocateAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
}
