using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Providers.Local;

namespace Rouse.Providers.Tests.Local;

public sealed class CrashTests
{
    [Fact]
    public async Task Loop_AfterThreeCrashesInARow_IsToldWithTheExitCodeAndTheLastLines()
    {
        await using var bench = await new LocalBench("echo loading; echo boom >&2; kill -SEGV $$") { ReadyAtOnce = false }.DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.Trouble is { Fatal: true });
        Assert.Equal(FailureCodes.CrashLoop, seen.Trouble!.Cause.Code);
        Assert.Equal("The worker exited 139 (SIGSEGV) three times; last lines: loading | boom", seen.Trouble.Cause.Message);
        await bench.SeeAsync(backend => backend.Workers == 0);
        Assert.Equal(3, bench.Asked.Count);
        Assert.Equal(bench.Asked, bench.Queue.Released);
        Assert.Equal(["loading", "boom"], bench.Lines.Where(line => line.Worker == bench.Asked.First()).Select(line => line.Line));
    }

    [Fact]
    public async Task Crash_BeforeTheThird_IsShownAsTroubleThatMayPass()
    {
        await using var bench = new LocalBench("exit 7") { ReadyAtOnce = false };
        bench.Options = bench.Options with { RestartDelay = TimeSpan.FromHours(1), MaxRestartDelay = TimeSpan.FromHours(1) };
        await bench.DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.Trouble is not null);
        Assert.False(seen.Trouble!.Fatal);
        Assert.StartsWith("The worker exited 7 once; it is started again in 3600 s", seen.Trouble.Cause.Message, StringComparison.Ordinal);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task Exit3_IsFatalAndNeverRestarted()
    {
        await using var bench = await new LocalBench("echo 'no such model'; exit 3") { ReadyAtOnce = false }.DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.Trouble is not null);
        Assert.True(seen.Trouble!.Fatal);
        Assert.Contains("fatal fault", seen.Trouble.Cause.Message, StringComparison.Ordinal);
        Assert.Contains("no such model", seen.Trouble.Cause.Message, StringComparison.Ordinal);
        bench.Queue.Enqueue(1);
        await bench.Provider.SetRunningAsync(bench.Id, running: false, LocalBench.Access, CancellationToken.None);
        Assert.Single(bench.Asked);
    }

    [Fact]
    public async Task Exit3_BesideAWorkerThatWorks_EndsOnlyTheGrowth()
    {
        // The first to make the folder works, the second finds it and fails.
        const string second = "mkdir first 2>/dev/null || exit 3; " + LocalBench.Obedient;
        var scaling = new WorkerScaling { Min = 2, Max = 2 };
        await using var bench = await new LocalBench(second, scaling: scaling).DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.Workers == 1 && bench.Queue.Released.Count == 1);
        Assert.Null(seen.Trouble);
        Assert.Equal(2, bench.Asked.Count);
    }

    [Fact]
    public async Task Crash_WithAJobInHand_GivesTheJobBackAndStartsAnotherWorker()
    {
        await using var bench = await new LocalBench().DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        bench.Queue.Enqueue(1);
        bench.Queue.Take(bench.Asked.Single());
        ProcFs.Signal((await bench.MainsAsync(1))[0].Id, Libc.SigKill);
        await bench.WaitAsync(() => bench.Queue.Released.Count == 1);
        Assert.Equal(bench.Asked.First(), bench.Queue.Released.Single());
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1 && bench.Asked.Count == 2);
    }

    [Fact]
    public async Task FinishedJob_ClearsTheStreak()
    {
        await using var bench = await new LocalBench().DeployAsync();
        for (var i = 1; i <= 5; i++)
        {
            await bench.SeeAsync(backend => backend.ReadyWorkers == 1 && bench.Asked.Count == i);
            bench.Queue.Finish(bench.Asked.Last());
            bench.Queue.Enqueue(1);
            ProcFs.Signal((await bench.MainsAsync(1))[0].Id, Libc.SigKill);
            await bench.WaitAsync(() => bench.Queue.Released.Count == i);
        }

        Assert.Null((await bench.SeeAsync(backend => backend.ReadyWorkers == 1)).Trouble);
    }

    [Fact]
    public async Task ExitZero_ByAWorkerThatWasReady_IsNoCrash()
    {
        await using var bench = await new LocalBench("while [ ! -e go ]; do sleep 0.02; done; rm go; exit 0").DeployAsync();
        for (var i = 1; i <= 4; i++)
        {
            await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
            await File.WriteAllTextAsync(Path.Combine(bench.Folder, "go"), "");
            await bench.WaitAsync(() => bench.Queue.Released.Count == i);
            await bench.Provider.SetRunningAsync(bench.Id, running: true, LocalBench.Access, CancellationToken.None);
        }

        Assert.Null((await bench.ObserveAsync())!.Trouble);
    }

    [Fact]
    public async Task StartTimeout_KillsTheWorkerAndCountsAsACrash()
    {
        var scaling = new WorkerScaling { StartTimeout = TimeSpan.FromSeconds(1) };
        var time = new TestKit.Time.ManualTime();
        await using var bench = await new LocalBench("sleep 1000", time, scaling) { ReadyAtOnce = false }.DeployAsync();
        var seen = await bench.SeeAsync(backend => backend.Trouble is { Fatal: true });
        Assert.Equal("The worker was not ready after 1 s three times; it wrote nothing", seen.Trouble!.Cause.Message);
        await bench.WaitAsync(() => bench.Processes().Count == 0);
    }

    [Fact]
    public async Task SetRunning_AfterAFatalTrouble_TriesAgain()
    {
        await using var bench = await new LocalBench("[ -e ok ] || exit 3; " + LocalBench.Obedient) { ReadyAtOnce = false }.DeployAsync();
        await bench.SeeAsync(backend => backend.Trouble is { Fatal: true });
        await File.WriteAllTextAsync(Path.Combine(bench.Folder, "ok"), "");
        await bench.Provider.SetRunningAsync(bench.Id, running: true, LocalBench.Access, CancellationToken.None);
        await bench.SeeAsync(backend => backend is { Trouble: null, Workers: 1 });
    }
}
