using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>A job that is given out again while the real program runs it.</summary>
public sealed class TwiceTests
{
    [Fact]
    public async Task AJobGivenOutAgainWhileItRuns_OrWhileItsResultIsOnItsWay_RunsOnceAndIsToldOnce()
    {
        var (drawn, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var model = await ContractPlane.StartAsync();
        model.Plan("paint", Reply.Json("""{"n":1}""") with { After = () => drawn.Task });
        await using var worker = await TinyWorker.StartAsync(
            plane =>
            {
                plane.Plan("job-take", Reply.Job("same", "{}"), Reply.Job("same", "{}"), Reply.Json("""[{"id":"same","input":{}},{"id":"same","input":{}}]"""));
                plane.Plan("job-done same", Reply.Json("{}") with { After = () => told.Task });
            },
            set =>
            {
                set.Remove("ROUSE_MODEL_PATH");
                (set["ROUSE_ENGINE"], set["ROUSE_PROCESS_URL"], set["ROUSE_PROCESS_PATH"], set["ROUSE_PROCESS_CONCURRENCY"]) = ("process", model.Url, "/of/this/paint", "2");
            });

        await Deadline.UntilAsync(() => Takes() == 4 && model.Of("paint").Count > 0);
        drawn.SetResult();
        await worker.Plane.EndedAsync("same");
        worker.Plane.Plan("job-take", Reply.Job("same", "{}"));
        await Deadline.UntilAsync(() => Takes() == 5);
        told.SetResult();
        worker.Plane.Plan("job-take", Reply.Job("last", "{}"));
        await worker.Plane.EndedAsync("last");
        await worker.StopAsync();

        Assert.Equal("""{"output":{"n":1}}""", Assert.Single(worker.Plane.Ends("same")).Body);
        Assert.Equal(2, model.Of("paint").Count);

        int Takes() => worker.Plane.Of("job-take").Count + worker.Plane.Of("job-take-batch").Count;
    }
}
