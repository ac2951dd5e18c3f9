using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Protocol;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Protocol;

/// <summary>Results that the plane does not take: GPU time was paid for them.</summary>
public sealed class DeliveryTests
{
    private readonly SteppedTime _time = new();

    [Fact]
    public async Task Result_ThatIsNotTaken_LeavesTheEngineToOtherJobs_AndIsToldHoweverLateItIs()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static seen => seen.Target.Contains("/held?", StringComparison.Ordinal);
        plane.Hand("held", "{}");
        plane.Hand("next", "{}");
        using var loop = new TakeLoop(plane.Url, _time);
        var began = _time.GetUtcNow();

        await _time.StepUntilAsync(() => plane.Of("job-done").Any(static seen => seen.Target.Contains("/next?", StringComparison.Ordinal)));
        await _time.StepUntilAsync(() => _time.GetUtcNow() - began > TimeSpan.FromMinutes(50));
        Assert.Equal(["held"], loop.Running.Ids);
        var tries = plane.Of("job-done").Count;
        plane.Spurns = static _ => false;
        await _time.StepUntilAsync(() => loop.Running.Ids.Count == 0);

        Assert.InRange(tries, 50, 200);
        Assert.Contains("/held?", plane.Of("job-done")[^1].Target, StringComparison.Ordinal);
        Assert.Equal(1, plane.Of("job-done").Count(static seen => seen.Target.Contains("/next?", StringComparison.Ordinal)));
        Assert.DoesNotContain("dropped", loop.Log, StringComparison.Ordinal);
        await loop.EndAsync();
    }

    [Fact]
    public async Task Result_ThatIsNeverTaken_IsGivenUpAfterAnHour_AndItsJobIsNotHeldAnyMore()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static _ => true;
        plane.Hand("held", "{}");
        using var loop = new TakeLoop(plane.Url, _time);
        var began = _time.GetUtcNow();

        await _time.StepUntilAsync(() => loop.Log.Contains("could not be delivered in 60 minutes", StringComparison.Ordinal));
        await Deadline.UntilAsync(() => loop.Running.Ids.Count == 0);

        Assert.InRange(_time.GetUtcNow() - began, ResultSender.GiveUpAfter, ResultSender.GiveUpAfter + TimeSpan.FromMinutes(1));
        await loop.EndAsync();
    }

    [Fact]
    public async Task Worker_AskedToStop_TriesWhatWaitsAtOnce_AndEndsOnceItIsTold()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static _ => true;
        plane.Hand("held", "{}");
        using var loop = new TakeLoop(plane.Url, _time);
        await _time.StepUntilAsync(() => plane.Of("job-done").Count == 20);
        plane.Spurns = static _ => false;

        // Nothing moves the clock any more.
        await loop.EndAsync();

        Assert.InRange(plane.Of("job-done").Count, 21, 22);
        Assert.Contains("was taken after", loop.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_AskedToStop_DoesNotStayForAPlaneThatIsGone()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static _ => true;
        plane.Hand("held", "{}");
        using var loop = new TakeLoop(plane.Url, _time);
        await _time.StepUntilAsync(() => plane.Of("job-done").Count == 3);
        var asked = _time.GetUtcNow();

        loop.Shutdown.Request(StopReason.Asked);
        await _time.StepUntilAsync(() => loop.HasEnded);

        Assert.InRange(_time.GetUtcNow() - asked, ResultSender.GiveUpEnding, ResultSender.GiveUpEnding + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Worker_WhoseEngineBreaks_StillTellsWhatItHadMade()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static seen => seen.Target.Contains("/made?", StringComparison.Ordinal);
        plane.Hand("made", "{}");
        plane.Hand("breaks", """{"breaks":1}""");
        var engine = new ScriptedEngine(static (input, _, _) =>
            input.TryGetProperty("breaks", out _) ? throw new EngineException(EngineFault.EngineFailed, "kernel lost") : Task.FromResult("7"));
        using var loop = new TakeLoop(plane.Url, _time, engine, static variables => variables["CLEANUP_FAILURE_THRESHOLD"] = "1");

        await _time.StepUntilAsync(() => loop.Shutdown.Reason is not null);
        plane.Spurns = static _ => false;
        await _time.StepUntilAsync(() => loop.HasEnded);

        Assert.Same(StopReason.EngineBroken, loop.Shutdown.Reason);
        Assert.Contains(plane.Of("job-done"), static seen => seen.Target.Contains("/breaks?", StringComparison.Ordinal) && seen.Body.Contains("kernel lost", StringComparison.Ordinal));
        Assert.Contains("The result of job made was taken", loop.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_WithMoreThanItMayHold_TakesNoFurtherJob_UntilSomeIsTold()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.Spurns = static _ => true;
        plane.HandAll(Enumerable.Range(0, Deliveries.Most).Select(static job => $"j{job}"));
        var engine = new ScriptedEngine(static (_, _, _) => Task.FromResult("7")) { Concurrency = Deliveries.Most };
        using var loop = new TakeLoop(plane.Url, _time, engine);
        await Deadline.UntilAsync(() => plane.Of("job-done").Count == Deliveries.Most);
        await _time.StepUntilAsync(() => plane.Of("job-done").Count >= 10 * Deliveries.Most);
        Assert.Equal(Deliveries.Most, loop.Running.Ids.Count);
        Assert.Single(plane.Requests, static seen => seen.Kind.StartsWith("job-take", StringComparison.Ordinal));

        plane.Spurns = static _ => false;
        plane.HandAll("more");
        await _time.StepUntilAsync(() => plane.Of("job-done").Any(static seen => seen.Target.Contains("/more?", StringComparison.Ordinal)));
        await _time.StepUntilAsync(() => loop.Running.Ids.Count == 0);
        await loop.EndAsync();
    }
}
