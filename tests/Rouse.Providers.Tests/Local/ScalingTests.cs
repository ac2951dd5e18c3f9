using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Local;

/// <summary>Real processes under a clock that the test drives.</summary>
public sealed class ScalingTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task ByRequestCount_StartsWhatTheLoadAsks_UpToTheMaximum()
    {
        var scaling = new WorkerScaling { Max = 3, Scaler = Scaler.RequestCount, ScalerValue = 2 };
        await using var bench = await new LocalBench(time: _time, scaling: scaling).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        bench.Queue.Enqueue(3);
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
        bench.Queue.Enqueue(100);
        await bench.SeeAsync(backend => backend.ReadyWorkers == 3);
        Assert.Equal(3, bench.Asked.Count);
    }

    [Fact]
    public async Task ByQueueDelay_StartsOneMoreOnlyWhenTheHeadHasWaited()
    {
        var scaling = new WorkerScaling { Max = 2, Scaler = Scaler.QueueDelay, ScalerValue = 600 };
        await using var bench = await new LocalBench(time: _time, scaling: scaling).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        bench.Queue.Enqueue(5);
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        Assert.Single(bench.Asked);
        _time.Advance(TimeSpan.FromSeconds(601));
        await bench.SeeAsync(backend => backend.ReadyWorkers == 2);
    }

    [Fact]
    public async Task Idle_AfterTheTimeout_ScalesToZero_AndTheNextJobWakes()
    {
        await using var bench = await new LocalBench(time: _time).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        _time.Advance(TimeSpan.FromSeconds(301));
        var asleep = await bench.SeeAsync(backend => backend.Workers == 0);
        Assert.Equal(BackendStatus.Sleeping, asleep.Status);
        Assert.Equal(bench.Asked, bench.Queue.Stopped.Distinct(StringComparer.Ordinal));
        Assert.Empty(bench.Processes());

        bench.Queue.Enqueue(1);
        await bench.SeeAsync(backend => backend is { Status: BackendStatus.Running, ReadyWorkers: 1 });
    }

    [Fact]
    public async Task WarmWindow_KeepsAWorker_AndBringsItBack_WithoutAnyJob()
    {
        var now = TimeOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);
        var scaling = new WorkerScaling { Warm = new WarmWindow { From = now.AddHours(-1), To = now.AddHours(1) } };
        await using var bench = await new LocalBench(time: _time, scaling: scaling).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        _time.Advance(TimeSpan.FromMinutes(50));
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        Assert.Single(bench.Asked);
        _time.Advance(TimeSpan.FromMinutes(20));
        await bench.SeeAsync(backend => backend.Workers == 0);
        _time.Advance(TimeSpan.FromHours(22.5));
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
    }

    [Fact]
    public async Task Idle_WhileAWorkerHoldsAJob_NeverStopsIt()
    {
        await using var bench = await new LocalBench(time: _time).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        var worker = bench.Asked.Single();
        bench.Queue.Take(worker);
        await bench.WaitAsync(() => bench.Queue.IsSeen);
        for (var hour = 0; hour < 5; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await bench.SeeAsync(backend => backend.Workers == 1);
        }

        Assert.Empty(bench.Queue.Stopped);
        bench.Queue.Finish(worker);
        _time.Advance(TimeSpan.FromSeconds(301));
        await bench.SeeAsync(backend => backend.Workers == 0);
    }

    [Fact]
    public async Task Sleep_LetsTheJobEnd_ThenKeepsEverythingDown_UntilWoken()
    {
        await using var bench = await new LocalBench(time: _time, scaling: new WorkerScaling { Min = 1 }).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        var worker = bench.Asked.Single();
        bench.Queue.Take(worker);
        await bench.Provider.SetRunningAsync(bench.Id, running: false, LocalBench.Access, CancellationToken.None);
        await bench.WaitAsync(() => bench.Queue.Stopped.Contains(worker));
        Assert.Equal(1, (await bench.ObserveAsync())!.Workers);
        bench.Queue.Finish(worker);
        await bench.SeeAsync(backend => backend is { Workers: 0, Status: BackendStatus.Sleeping });
        bench.Queue.Enqueue(3);
        _time.Advance(TimeSpan.FromMinutes(1));
        await bench.SeeAsync(backend => backend is { Workers: 0, Status: BackendStatus.Sleeping });
        await bench.Provider.SetRunningAsync(bench.Id, running: true, LocalBench.Access, CancellationToken.None);
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
    }

    [Fact]
    public async Task Refresh_ReplacesTheWorkerAfterItsJob()
    {
        await using var bench = await new LocalBench(time: _time, scaling: new WorkerScaling { Min = 1 }).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        var worker = bench.Asked.Single();
        bench.Queue.Take(worker);
        bench.Queue.Recycle(worker);
        await bench.WaitAsync(() => bench.Queue.Stopped.Contains(worker));
        Assert.Contains(bench.Processes(), found => found.Worker == worker);
        bench.Queue.Finish(worker);
        await bench.SeeAsync(backend => backend is { ReadyWorkers: 1, Trouble: null } && bench.Queue.Released.Contains(worker));
        Assert.DoesNotContain(bench.Processes(), found => found.Worker == worker);
    }

    [Fact]
    public async Task QueueOutOfReach_IsTroubleThatPasses()
    {
        await using var bench = await new LocalBench(time: _time).DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        bench.Queue.Fault = new InvalidOperationException("the store is away");
        await bench.SeeAsync(backend => backend.Trouble is { Fatal: false });
        bench.Queue.Fault = null;
        await bench.SeeAsync(backend => backend is { Trouble: null, ReadyWorkers: 1 });
    }

    [Fact]
    public async Task Changed_TellsOfTheFirstReadyWorkerAndOfTheEnd()
    {
        await using var bench = new LocalBench(time: _time);
        var news = 0;
        bench.Provider.Changed += id => news += id == bench.Name.Deployment ? 1 : 0;
        await bench.DeployAsync();
        await bench.SeeAsync(backend => backend.ReadyWorkers == 1);
        Assert.True(news > 0);
        var before = news;
        var deleted = bench.Provider.DeleteAsync(bench.Id, LocalBench.Access, CancellationToken.None).AsTask();
        await bench.WaitAsync(() => deleted.IsCompleted);
        await deleted;
        Assert.True(news > before);
    }
}
