using System.Collections.Concurrent;
using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Tests.Protocol;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Worker_OfSeveralPlaces_TakesABatch_RunsItTogether_AndPingsAllOfIt()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 3));
        worker.Plane.HandAll("a", "b");
        await jobs.RunningAsync("a", "b");

        await worker.Plane.FirstAsync("ping", seen => seen.Target.Contains("&job_id=a,b&", StringComparison.Ordinal));
        Assert.Equal("/v2/dep1/job-take-batch/w1?gpu=cpu&batch_size=3&job_in_progress=0", worker.Plane.Of("job-take-batch")[0].Target);
        Assert.Equal("/v2/dep1/job-take/w1?gpu=cpu&job_in_progress=1", (await worker.Plane.FirstAsync("job-take")).Target);

        worker.Plane.HandAll("c");
        await jobs.RunningAsync("c");
        jobs.End("b");
        Assert.Equal("""{"output":"b"}""", (await worker.Plane.FirstAsync("job-done")).Body);
        // None was asked for while every place was taken.
        await Deadline.UntilAsync(() => worker.Plane.Of("job-take").Count == 2);
        Assert.Single(worker.Plane.Of("job-take-batch"));
        jobs.End("a", "c");
        await worker.StopAsync();
        Assert.Equal(3, worker.Plane.Of("job-done").Count);
    }

    [Fact]
    public async Task Job_ThatIsStopped_LeavesTheOthersRunning()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 2));
        worker.Plane.HandAll("a", "b");
        await jobs.RunningAsync("a", "b");

        worker.Plane.Stops.Writer.TryWrite(new FakeJobPlane.Answer(200, """{"jobsToStop":["a"]}"""));
        await worker.Plane.FirstAsync("job-take");
        jobs.End("b");

        Assert.Contains("/b?", (await worker.Plane.FirstAsync("job-done")).Target, StringComparison.Ordinal);
        await worker.StopAsync();
        Assert.Single(worker.Plane.Of("job-done"));
    }

    [Fact]
    public async Task Jobs_ThatFailTogether_AreNotSeveralFailuresInARow()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 4));
        worker.Plane.HandAll("fail-1", "fail-2", "fail-3", "fail-4");
        await jobs.RunningAsync("fail-1", "fail-2", "fail-3", "fail-4");

        jobs.End("fail-1", "fail-2", "fail-3", "fail-4");
        await Deadline.UntilAsync(() => worker.Plane.Of("job-done").Count == 4);
        worker.Plane.HandAll("good");
        jobs.End("good");

        await worker.Plane.FirstAsync("job-done", seen => seen.Body == """{"output":"good"}""");
        Assert.False(worker.Ended.IsCompleted);
    }

    [Fact]
    public void Failures_InARow_AreCountedByWhatBeganAfterTheOneBefore()
    {
        var streak = new FailureStreak(2);
        var (first, second) = (streak.Begin(), streak.Begin());
        streak.Failed(first);
        streak.Failed(second);
        Assert.False(streak.IsBroken);
        streak.Failed(streak.Begin());
        Assert.True(streak.IsBroken);
        streak.Succeeded();
        Assert.False(streak.IsBroken);
    }

    [Fact]
    public async Task Worker_AskedToStop_BringsAllItsJobsHome()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 2));
        // One more than asked for: it waits its turn, and is kept too.
        worker.Plane.HandAll("a", "b", "late");
        await jobs.RunningAsync("a", "b");

        worker.Shutdown.Request(StopReason.Asked);
        jobs.End("a", "b", "late");

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Equal(3, worker.Plane.Of("job-done").Count);
    }

    [Fact]
    public async Task Worker_AskedTwice_DropsThemAll()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 2));
        worker.Plane.HandAll("a", "b", "late");
        await jobs.RunningAsync("a", "b");

        worker.Shutdown.Request(StopReason.Asked);
        worker.Shutdown.Request(StopReason.AskedTwice);

        Assert.Equal(ExitCode.Clean, await worker.Ended.InTimeAsync());
        Assert.Empty(worker.Plane.Of("job-done"));
    }

    [Fact]
    public async Task Plane_WithoutBatches_IsAskedForOneAtATime()
    {
        var jobs = new Gates();
        await using var worker = await WorkerFixture.StartAsync(jobs.Engine(places: 3));
        worker.Plane.HasBatch = false;
        await worker.Plane.FirstAsync("job-take-batch");
        worker.Plane.HandAll("a");
        worker.Plane.HandAll("b");
        await jobs.RunningAsync("a", "b");
        Assert.Single(worker.Plane.Of("job-take-batch"));
        jobs.End("a", "b");
    }

    /// <summary>An engine whose jobs run until the test ends them; a <c>fail-…</c> then fails.</summary>
    private sealed class Gates
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new(StringComparer.Ordinal);
        private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

        public ScriptedEngine Engine(int places) => new(RunAsync) { Concurrency = places };

        public void End(params string[] jobs) => Array.ForEach(jobs, job => Of(job).TrySetResult());

        public Task RunningAsync(params string[] jobs) => Deadline.UntilAsync(() => Array.TrueForAll(jobs, _running.ContainsKey));

        private async Task<string> RunAsync(JsonElement input, Action<EngineProgress> progress, CancellationToken ct)
        {
            var job = input.GetProperty("id").GetString()!;
            _running[job] = true;
            await Of(job).Task.WaitAsync(ct);
            return job.StartsWith("fail", StringComparison.Ordinal) ? throw new EngineException(EngineFault.EngineFailed, "lost") : $"\"{job}\"";
        }

        private TaskCompletionSource Of(string job) => _ends.GetOrAdd(job, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
