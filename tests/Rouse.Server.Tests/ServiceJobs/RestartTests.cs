using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Deployments;
using Rouse.Server.Spool;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

public sealed class RestartTests
{
    [Fact]
    public async Task QueuedJobs_AreAllDoneAfterAKill_EachOnce()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        List<string> jobs = [];
        string folder;
        DeploymentId deployment;
        await using (var killed = await ServiceApp.StartAsync(folder: NewFolder()))
        {
            var route = killed.AddRoute(backend: null);
            for (var i = 0; i < 10; i++) jobs.Add(await killed.ProcessAsync(route, new StringContent($"job {i}")));
            await killed.LoseAsync();
            (folder, deployment) = (killed.Folder, route.Deployment);
        }

        await using var app = await ServiceApp.StartAsync(folder: folder);
        app.AddRoute(backend.Address, id: deployment);
        foreach (var job in jobs) Assert.Equal("completed", (await app.EndedAsync(job)).GetProperty("status").GetString());

        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"job {i}")))), backend.Requests.Select(seen => seen.Sha256));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(null, "failed", 1)]
    [InlineData("twice-is-as-once", "completed", 2)]
    public async Task AJobThatWasAtTheServiceWhenKilled_IsSentAgainOnlyWhereItsCallerSaidSo(string? key, string status, int sent)
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await Backend.StartAsync((_, _) => hangs.Task, Backend.Says(200, "{}"));
        string folder, job;
        DeploymentId deployment;
        await using (var killed = await ServiceApp.StartAsync(folder: NewFolder()))
        {
            var route = killed.AddRoute(backend.Address);
            job = await killed.ProcessAsync(route, new StringContent("x"), key: key);
            await Eventually.TrueAsync(() => !backend.Requests.IsEmpty);
            await killed.LoseAsync();
            (folder, deployment) = (killed.Folder, route.Deployment);
        }

        hangs.SetResult();
        await using var app = await ServiceApp.StartAsync(folder: folder);
        app.AddRoute(backend.Address, id: deployment);
        var ended = await app.EndedAsync(job);

        Assert.Equal((status, sent), (ended.GetProperty("status").GetString(), backend.Requests.Count));
        Assert.Equal("interrupted", ended.GetProperty("attempts")[0].GetProperty("outcome").GetString());
        if (key is null) Assert.StartsWith("interrupted: ", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task AGracefulStop_PutsBackWhatMayBeSentTwice_AndEndsWhatMayNot()
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await Backend.StartAsync((_, _) => hangs.Task, (_, _) => hangs.Task, Backend.Says(200, "{}"));
        string folder, once, twice;
        DeploymentId deployment;
        await using (var stopped = await ServiceApp.StartAsync(folder: NewFolder()))
        {
            var route = stopped.AddRoute(backend.Address, service => service with { Concurrency = 2 });
            (once, twice) = (await stopped.ProcessAsync(route, new StringContent("x")), await stopped.ProcessAsync(route, new StringContent("y"), "?method=PUT"));
            await Eventually.TrueAsync(() => backend.Requests.Count == 2);
            await stopped.StopNowAsync();
            (folder, deployment) = (stopped.Folder, route.Deployment);
        }

        hangs.SetResult();
        await using var app = await ServiceApp.StartAsync(folder: folder);
        app.AddRoute(backend.Address, id: deployment);

        Assert.Equal("failed", (await app.EndedAsync(once)).GetProperty("status").GetString());
        Assert.Equal("completed", (await app.EndedAsync(twice)).GetProperty("status").GetString());
        Assert.Equal(3, backend.Requests.Count);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Files_AreTheUsersAlone_GoWithTheirJob_AndOrphansAreSwept()
    {
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null);
        var job = await app.ProcessAsync(route, new StringContent("x"));
        var file = Assert.Single(Directory.EnumerateFiles(app.Spool));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(app.Spool));
        var old = DateTime.UnixEpoch;
        foreach (var orphan in new[] { "dep_a.b.request", "dep_a.b.reply", "dep_a.c.request.partial" })
        {
            await File.WriteAllTextAsync(Path.Combine(app.Spool, orphan), "left behind");
            File.SetLastWriteTimeUtc(Path.Combine(app.Spool, orphan), old);
        }

        File.SetLastWriteTimeUtc(file, old);
        Assert.Equal(3, await app.Get<SpoolSweep>().SweepAsync(CancellationToken.None));
        Assert.Equal([file], Directory.EnumerateFiles(app.Spool));

        await app.SendAsync(HttpMethod.Post, $"/v2/{route.Deployment}/purge-queue");
        Assert.Equal(404, (await app.SendAsync(HttpMethod.Get, $"/api/jobs/{job}")).Status);
        Assert.Empty(Directory.EnumerateFiles(app.Spool));
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("rouse-restart-").FullName;
}
