using Dapper;
using Rouse.Store.Tests.Engines;

namespace Rouse.Store.Tests.Sqlite;

public sealed class GroupCommitTests(SqliteEngine engine) : IClassFixture<SqliteEngine>
{
    private readonly Database _database = engine.Database;

    [Fact]
    public async Task Write_WhenCancelledWhileQueued_NeverRuns()
    {
        using var release = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        var blocking = Block(release, out var blocked);
        await blocked;
        var ran = false;
        var queued = _database.WriteAsync(
            _ =>
            {
                ran = true;
                return ValueTask.FromResult(0);
            },
            cancelled.Token).AsTask();

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        release.Set();
        await blocking;
        await PutAsync("behind it");

        Assert.False(ran);
    }

    [Fact]
    public async Task Write_WhenCancelledAfterItStarted_FinishesAndSaysSo()
    {
        using var release = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        var blocking = Block(release, out var blocked, cancelled.Token);
        await blocked;

        await cancelled.CancelAsync();
        release.Set();

        Assert.Equal(1, await blocking);
    }

    [Fact]
    public async Task Write_WhenACallerGoesOnAndBlocks_DoesNotHoldUpTheWriter()
    {
        using var release = new ManualResetEventSlim();
        var stuck = Task.Run(async () =>
        {
            await PutAsync("first");
            release.Wait(TimeSpan.FromSeconds(60));
        });

        await PutAsync("second");
        release.Set();

        await stuck;
    }

    [Fact]
    public async Task Write_WhenTheFileMayNotGrow_FailsAloneAndWorksAgainWithSpace()
    {
        var pages = await _database.WriteAsync(async connection => await connection.ExecuteScalarAsync<long>("pragma page_count"));
        await LimitAsync(pages + 8);
        using var release = new ManualResetEventSlim();
        var blocking = Block(release, out var blocked);
        await blocked;
        var small = PutAsync("small");
        var large = PutAsync("large", new string('x', 1_000_000));
        var another = PutAsync("another");
        release.Set();

        var refused = await Assert.ThrowsAsync<StorageException>(() => large);
        await Task.WhenAll(blocking, small, another);

        Assert.Equal(StorageCodes.Full, refused.Code);
        await LimitAsync(1_000_000_000);
        await PutAsync("large", new string('x', 1_000_000));
        Assert.Equal(3, await _database.ReadAsync(async connection =>
            await connection.ExecuteScalarAsync<int>("select count(*) from settings where name in ('small', 'another', 'large')")));
    }

    [Fact]
    public void File_WhenMade_IsItsOwnersAlone()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = engine.Location["sqlite:".Length..];

        Assert.All([path, path + "-wal", path + "-shm"], file => Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(file), 8)));
        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(Path.GetDirectoryName(path)!), 8));
    }

    [Fact]
    public async Task Close_WhenWritesAreQueued_FinishesThemAndRefusesMore()
    {
        using var folder = new TemporaryFolder();
        var database = await Database.OpenAsync("sqlite:" + Path.Combine(folder.Path, "d", "x.db"));
        var settings = new SettingStore(database);
        var writes = Enumerable.Range(0, 500).Select(i => settings.SetAsync($"{i}", "x", CancellationToken.None).AsTask()).ToList();

        await database.DisposeAsync();

        await Task.WhenAll(writes);
        var refused = await Assert.ThrowsAsync<StorageException>(async () => await settings.SetAsync("late", "x", CancellationToken.None));
        Assert.Equal(StorageCodes.Unavailable, refused.Code);
    }

    [Theory]
    [InlineData("mysql:x", StorageCodes.BadLocation)]
    [InlineData("sqlite:/proc/nowhere/x.db", StorageCodes.Unavailable)]
    [InlineData("sqlite:/etc/hostname", StorageCodes.Failed)]
    [InlineData("postgres:Host=127.0.0.1;Port=1;Timeout=5", StorageCodes.Unavailable)]
    public async Task Open_WhenTheLocationIsNoGood_RefusesWithACode(string location, string code)
    {
        var refused = await Assert.ThrowsAsync<StorageException>(async () => await Database.OpenAsync(location));

        Assert.Equal(code, refused.Code);
    }

    private Task<int> Block(ManualResetEventSlim release, out Task blocked, CancellationToken ct = default)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        blocked = started.Task;
        return _database.WriteAsync(
            _ =>
            {
                started.TrySetResult();
                release.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
                return ValueTask.FromResult(1);
            },
            ct).AsTask();
    }

    private Task LimitAsync(long pages) =>
        _database.WriteAsync(async connection => await connection.ExecuteScalarAsync<long>($"pragma max_page_count = {pages}")).AsTask();

    private Task PutAsync(string name, string value = "x") => new SettingStore(_database).SetAsync(name, value, CancellationToken.None).AsTask();
}
