using System.Security.Cryptography;
using Dapper;
using Rouse.Server.Secrets;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Postgres;
using static Rouse.Server.Tests.Secrets.VaultBench;

namespace Rouse.Server.Tests.Secrets;

/// <summary>Keys change under everything that is sealed, at any time, interrupted or not, and nothing is lost.</summary>
public sealed class RotationTests : IDisposable
{
    private const int Secrets = 350;
    private static readonly CancellationToken s_none = CancellationToken.None;
    private readonly string _root = Directory.CreateTempSubdirectory("rouse-rotation-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public Task Rotation_GivenUpHalfWay_IsGoneOnWith_AndEverythingOpens() => GoOnAsync($"sqlite:{Path.Combine(_root, "rouse.db")}");

    [PostgresFact]
    public async Task RotationOnPostgres_GivenUpHalfWay_IsGoneOnWith_AndEverythingOpens() => await GoOnAsync(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    [Fact]
    public async Task OldKey_GoesOnlyWhenNothingNeedsIt_AndEveryReplicaHasSeenTheNewOne()
    {
        await using var bench = await OpenAsync(Path.Combine(_root, "data"), Location);
        await bench.PutAsync("dep_1", "the token");
        var first = await bench.KeyOfAsync("dep_1");
        Assert.Equal(0, (await bench.Rotation.StepAsync(100, s_none)).Removed);
        Assert.NotEqual(first, await bench.KeyOfAsync("dep_1"));
        Assert.Contains(bench.Ring.GetAllKeys(), key => SecretCipher.NameOf(key.KeyId) == first);
        await bench.DisposeAsync();

        await using var later = await OpenAsync(Path.Combine(_root, "data"), Location, time: new Later(Rotation.Patience + TimeSpan.FromHours(1)));
        Assert.Equal(1, (await later.Rotation.StepAsync(100, s_none)).Removed);
        Assert.DoesNotContain(later.Ring.GetAllKeys(), key => SecretCipher.NameOf(key.KeyId) == first);
        Assert.Equal("the token", await later.GetAsync("dep_1"));
    }

    [Fact]
    public async Task SecretThatNoKeyOpens_IsLeftAndTold_AndKeepsTheOldKeys()
    {
        await using var bench = await OpenAsync(Path.Combine(_root, "data"), Location);
        foreach (var owner in new[] { "dep_1", "dep_2" }) await bench.PutAsync(owner, "the token");
        await bench.Database.WriteAsync(async connection => await connection.ExecuteAsync("update secrets set owner = 'dep_0' where owner = 'dep_1'"));
        var step = await bench.Rotation.StepAsync(100, s_none);
        Assert.Equal((true, 1, 1, 0), (step.IsOver, step.Done, step.Unreadable, step.Removed));
        Assert.Equal("the token", await bench.GetAsync("dep_2"));
    }

    [Fact]
    public async Task MasterKey_IsChangedWithBothKnown_ThenTheOldOneIsWorthNothing()
    {
        var (old, present) = (NewKey(), NewKey());
        var folder = Path.Combine(_root, "data");
        await using (var bench = await OpenAsync(folder, Location, old)) await bench.PutAsync("dep_1", "the token");
        // As replicas are restarted one by one: the second start changes nothing by itself, so the first's world goes on.
        await using (var both = await OpenAsync(folder, Location, present, old)) Assert.Equal("the token", await both.GetAsync("dep_1"));
        await using (var before = await OpenAsync(folder, Location, old)) Assert.Equal("the token", await before.GetAsync("dep_1"));

        await using (var both = await OpenAsync(folder, Location, present, old))
        {
            var step = await both.Rotation.StepAsync(100, s_none);
            Assert.True(step is { IsOver: true, Resealed: >= 2 });
            Assert.Equal(0, (await both.Rotation.StepAsync(100, s_none)).Resealed);
        }

        await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(folder, Location, old));
        await using var after = await OpenAsync(folder, Location, present);
        Assert.Equal("the token", await after.GetAsync("dep_1"));
    }

    private async Task GoOnAsync(string location)
    {
        var (folder, master) = (Path.Combine(_root, "data"), NewKey());
        string first;
        await using (var bench = await OpenAsync(folder, location, master))
        {
            for (var i = 0; i < Secrets; i++) await bench.PutAsync($"dep_{i:000}", $"token {i}");
            first = await bench.KeyOfAsync("dep_000");
        }

        var (steps, done) = (0, 0);
        for (var isOver = false; !isOver; steps++)
        {
            // Each step by a server that knows nothing of the one before, as after a kill.
            await using var bench = await OpenAsync(folder, location, master);
            var step = await bench.Rotation.StepAsync(Rotation.Batch, s_none);
            (isOver, done) = (step.IsOver, done + step.Done);
            for (var i = 0; i < Secrets; i += 50) Assert.Equal($"token {i}", await bench.GetAsync($"dep_{i:000}"));
        }

        Assert.True(steps > 2 && done == Secrets, $"{steps} steps, {done} secrets");
        await using var after = await OpenAsync(folder, location, master);
        for (var i = 0; i < Secrets; i++)
        {
            Assert.Equal($"token {i}", await after.GetAsync($"dep_{i:000}"));
            Assert.NotEqual(first, await after.KeyOfAsync($"dep_{i:000}"));
        }
    }

    private string Location => $"sqlite:{Path.Combine(_root, "rouse.db")}";

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
