using System.Text.Json;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>Every answer a job server can give, in one life of the real program: each job ends once and rightly, and none is lost.</summary>
public sealed class AnswerTests
{
    [Fact]
    public async Task Take_WhateverIsAnswered_IsFollowedByTheNext_AndEveryJobEnds()
    {
        var half = Reply.Job("cut", TinyWorker.Short);
        var big = $$"""{"prompt":"hills","num_inference_steps":1,"width":64,"height":64,"seed":1,"picture":"{{new string('A', 20 << 20)}}"}""";
        await using var worker = await TinyWorker.StartAsync(plane =>
        {
            plane.Plan(
                "job-take",
                Reply.Of(204), Reply.Of(400), Reply.Json(""), Reply.Json("[]"), Reply.Json("null"), new Reply(200, "<html>gateway</html>", "text/html"), Reply.Json("""{"input":{}}"""),
                Reply.Of(302), Reply.Of(401), Reply.Json("""{"id":7,"input":{}}"""),
                Reply.Json($$"""{"new":{"deep":[1]},"id":"known","webhook":"http://x/y","delayTime":12,"input":{{TinyWorker.Short}},"executionTimeout":600000}"""),
                // The connection breaks in the middle of the answer: the server has not given the job away, and gives it again.
                half with { CutAfter = half.Body.Length / 2 }, half,
                Reply.Json($$"""[{"id":"one","input":{{TinyWorker.Short}}},{"no":"id"},{"id":7,"input":null},{"id":"two","input":{{TinyWorker.Short}}},{"id":"one","input":{{TinyWorker.Short}}}]"""),
                Reply.Json("""{"id":"none"}"""), Reply.Job("null", "null"), Reply.Job("text", "\"hills\""), Reply.Job("wrong", """{"prompt":7}"""),
                Reply.Job("big", big), Reply.Job("last", TinyWorker.Short));
        });
        await worker.Plane.EndedAsync("last");
        await worker.StopAsync();

        foreach (var job in (string[])["known", "cut", "one", "two", "last"]) Assert.True(Output(Assert.Single(worker.Plane.Ends(job))).TryGetProperty("image_base64", out _), job);
        foreach (var job in (string[])["none", "null", "text", "wrong", "big"])
        {
            using var end = JsonDocument.Parse(Assert.Single(worker.Plane.Ends(job)).Body);
            Assert.StartsWith("invalid_input: ", end.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.False(end.RootElement.TryGetProperty("output", out _));
        }

        // What was large is not said again.
        Assert.True(worker.Plane.Ends("big")[0].Body.Length < 2_000);
    }

    [Fact]
    public async Task Done_WhateverIsAnswered_IsSentUntilItIsTakenOrRefused()
    {
        await using var worker = await TinyWorker.StartAsync(plane =>
        {
            var whole = Reply.Json("""{"status":"ok"}""");
            plane.Plan("job-done failing", Reply.Of(500), Reply.Of(503));
            plane.Plan("job-done cut", whole with { CutAfter = 3 });
            plane.Plan("job-done later", Reply.Of(429));
            plane.Plan("job-done gone", Reply.Of(404));
            plane.Plan("job-done taken", new Reply(200, "not JSON", "text/plain"));
            plane.Plan("job-take", ((string[])["failing", "cut", "later", "gone", "taken", "last"]).Select(static job => Reply.Job(job, TinyWorker.Short)));
        });
        await worker.Plane.EndedAsync("last");
        await worker.StopAsync();

        Assert.Equal([3, 2, 2, 1, 1, 1], ((string[])["failing", "cut", "later", "gone", "taken", "last"]).Select(job => worker.Plane.Ends(job).Count));
    }

    [Fact]
    public async Task Take_OfAPlaneThatFailsOrHangsUp_IsAFewASecond()
    {
        await using var worker = await TinyWorker.StartAsync(static plane =>
            plane.Plan("job-take", Enumerable.Repeat(Reply.Of(500), 3).Concat(Enumerable.Repeat(Reply.Json("{}") with { CutAfter = 0 }, 2))));
        await Deadline.UntilAsync(() => worker.Plane.Of("job-take").Count == 6);
        await worker.StopAsync();

        // Waits of 0.1, 0.2, 0.4, 0.8 and 1.6 s, each shortened by half at most: under four a second, where the SDK made 5,000.
        var takes = worker.Plane.Of("job-take");
        Assert.True(TinyWorker.Between(takes[0], takes[5]) >= TimeSpan.FromSeconds(1.5), "Failures are followed by growing pauses.");
    }

    private static JsonElement Output(PlaneRequest end) => JsonDocument.Parse(end.Body).RootElement.GetProperty("output");
}
