using System.Net;
using System.Text.Json;
using Rouse.Core.Jobs;

namespace Rouse.Server.Tests.JobPlane;

public sealed class WorkerCallsTests(SmallResultsFixture fixture) : IClassFixture<SmallResultsFixture>
{
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    [Fact]
    public async Task Take_WhenNothingComes_Answers204()
    {
        Assert.Null(await _app.Worker().TakeAsync());
        Assert.Empty(await _app.Worker().TakeBatchAsync(3));
        Assert.Empty(await _app.Worker().StopsAsync());
    }

    [Fact]
    public async Task TakeBatch_GivesAList()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add(await _app.RunAsync());

        Assert.Equal(ids[..2], (await _app.Worker().TakeBatchAsync(2)).Select(job => job.Id));
        Assert.Equal(ids[2..], (await _app.Worker().TakeBatchAsync(100_000)).Select(job => job.Id));
    }

    [Theory]
    [InlineData("""{"output":null}""", "COMPLETED", "null", null)]
    [InlineData("{}", "COMPLETED", null, null)]
    [InlineData("""{"output":{"detail":1},"error":"bad seed"}""", "FAILED", """{"detail":1}""", "bad seed")]
    [InlineData("""{"error":"{\"error_type\": \"ValueError\"}"}""", "FAILED", null, """{"error_type": "ValueError"}""")]
    [InlineData("""{"error":{"type":"ValueError"}}""", "FAILED", null, """{"type":"ValueError"}""")]
    [InlineData("""{"error":null,"output":[]}""", "COMPLETED", "[]", null)]
    [InlineData("""{"output":1,"status":{"output":2},"other":[{"error":"x"}]}""", "COMPLETED", "1", null)]
    public async Task Done_WithAnyResult_EndsTheJobAsTheHandlerMeant(string body, string status, string? output, string? error)
    {
        var id = await TakenAsync();

        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync(id, body));

        var job = await _app.StatusAsync(id);
        Assert.Equal(status, job.GetProperty("status").GetString());
        Assert.Equal(output, job.TryGetProperty("output", out var o) ? o.GetRawText() : null);
        Assert.Equal(error, job.TryGetProperty("error", out var e) ? e.GetString() : null);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("")]
    [InlineData("""{"output":1}{}""")]
    [InlineData("""{"error":"\ud800"}""")]
    public async Task Done_WithAResultThatCannotBeRead_FailsTheJobInsteadOfRunningItAgain(string body)
    {
        var id = await TakenAsync();

        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync(id, body));

        var job = await _app.StatusAsync(id);
        Assert.Equal("FAILED", job.GetProperty("status").GetString());
        Assert.Contains("not JSON", job.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Done_WithAResultThatIsTooLarge_FailsTheJobAndSaysWhatToDo()
    {
        var id = await TakenAsync();

        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync(id, $$"""{"output":"{{new string('x', 5000)}}"}"""));

        Assert.Contains("return a URL", (await _app.StatusAsync(id)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Done_ForAJobThatIsNotHere_Answers200()
    {
        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync("never-was", """{"output":1}"""));
        Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync("not%20an%20id", """{"output":1}"""));
        Assert.Equal(HttpStatusCode.OK, await _app.Worker().StreamAsync("never-was", """{"output":1}"""));
    }

    [Fact]
    public async Task Done_SentThreeTimes_CountsOnce()
    {
        var id = await TakenAsync();
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, await _app.Worker().DoneAsync(id, $$"""{"output":{{i}}}"""));

        Assert.Equal("0", (await _app.StatusAsync(id)).GetProperty("output").GetRawText());
        Assert.Equal(1, _app.Plane.Sightings(_app.Deployment)["w1"].Finished);
    }

    [Fact]
    public async Task Progress_ShowsInTheStatusAndNeverUndoesTheEnd()
    {
        var id = await TakenAsync();
        await _app.Worker().DoneAsync(id, """{"status": "IN_PROGRESS", "output": {"pct": 50}}""");
        Assert.Equal(("IN_PROGRESS", 50), await _app.StatusAsync(id) is var job ? (job.GetProperty("status").GetString(), job.GetProperty("output").GetProperty("pct").GetInt32()) : default);

        await _app.Worker().DoneAsync(id, """{"output":"done"}""");
        await _app.Worker().DoneAsync(id, """{"status": "IN_PROGRESS", "output": {"pct": 99}}""");

        Assert.Equal(("COMPLETED", "\"done\""), await _app.StatusAsync(id) is var end ? (end.GetProperty("status").GetString(), end.GetProperty("output").GetRawText()) : default);
    }

    [Fact]
    public async Task Stream_DrainsItemsAndEndsWithTheJob()
    {
        var id = await TakenAsync();
        await _app.Worker().StreamAsync(id, """{"output": {"tok": 0}}""");
        await _app.Worker().StreamAsync(id, """{"output": {"tok": 1}}""");
        Assert.Equal("""{"status":"IN_PROGRESS","stream":[{"output":{"tok": 0}},{"output":{"tok": 1}}]}""", (await _app.GetAsync($"stream/{id}")).Reply.GetRawText());
        Assert.Equal("""{"status":"IN_PROGRESS","stream":[]}""", (await _app.GetAsync($"stream/{id}")).Reply.GetRawText());

        await _app.Worker().StreamAsync(id, $$"""{"output": "{{new string('x', 2000)}}"}""");
        await _app.Worker().StreamAsync(id, """{"output": {"tok": 2}}""");
        await _app.Worker().DoneAsync(id, """{"output":[]}""", isStream: true);

        // The item beyond the bound is left out; without an aggregate there is no output.
        Assert.Equal("""{"status":"COMPLETED","stream":[{"output":{"tok": 2}}]}""", (await _app.GetAsync($"stream/{id}")).Reply.GetRawText());
        Assert.False((await _app.StatusAsync(id)).TryGetProperty("output", out _));
    }

    [Fact]
    public async Task StreamedItems_ThatAreNumbered_AreKeptOnce_AndRefusedRatherThanLeftOut()
    {
        var id = await TakenAsync();
        foreach (var part in (int[])[1, 2, 2]) Assert.Equal(HttpStatusCode.OK, await _app.Worker().StreamAsync(id, $$"""{"output":{{part}}}""", part: part));
        Assert.Equal(HttpStatusCode.Conflict, await _app.Worker().StreamAsync(id, $$"""{"output": "{{new string('x', 2000)}}"}""", part: 3));
        Assert.Equal(HttpStatusCode.Conflict, await _app.Worker().StreamAsync(id, """{"output":4}""", part: 4));
        Assert.Equal("""{"status":"IN_PROGRESS","stream":[{"output":1},{"output":2}]}""", (await _app.GetAsync($"stream/{id}")).Reply.GetRawText());
        Assert.Equal(HttpStatusCode.Conflict, await _app.Worker().StreamAsync("never-was", """{"output":1}""", part: 1));
    }

    [Fact]
    public async Task Stream_WhenNothingIsThereYet_WaitsForTheFirstItem()
    {
        await using var app = await JobPlaneApp.StartAsync(new JobLimits { StreamHold = TimeSpan.FromMinutes(1), PollHold = TimeSpan.FromSeconds(1) });
        var id = await app.RunAsync();
        await app.Worker().TakeNextAsync();
        var reading = app.GetAsync($"stream/{id}");

        await app.Worker().StreamAsync(id, """{"output": 1}""");

        Assert.Equal("""{"status":"IN_PROGRESS","stream":[{"output":1}]}""", (await reading).Reply.GetRawText());
    }

    [Fact]
    public async Task StreamedJob_WithAnAggregate_HasItAsOutput()
    {
        var id = await TakenAsync();
        await _app.Worker().DoneAsync(id, """{"output":[1,2]}""", isStream: true);

        Assert.Equal("[1,2]", (await _app.StatusAsync(id)).GetProperty("output").GetRawText());
    }

    [Fact]
    public async Task UrlsWithoutAQuestionMark_AreCutAtTheFirstAmpersand()
    {
        await _app.RunAsync();
        await _app.RunAsync();
        using var taken = await _app.Worker().SendAsync(HttpMethod.Get, "job-take-batch/w7&batch_size=2&job_in_progress=0", body: null, default);
        var jobs = JsonSerializer.Deserialize<JsonElement>(await taken.Content.ReadAsStringAsync());
        Assert.Equal(2, jobs.GetArrayLength());

        var id = jobs[0].GetProperty("id").GetString()!;
        using var done = await _app.Worker().SendAsync(HttpMethod.Post, $"job-done/w7/{id}&isStream=true", """{"output":[]}""", default);

        Assert.Equal(("COMPLETED", "w7"), await _app.StatusAsync(id) is var job ? (job.GetProperty("status").GetString(), job.GetProperty("workerId").GetString()) : default);
        Assert.False((await _app.StatusAsync(id)).TryGetProperty("output", out _));
    }

    [Fact]
    public async Task AWorkerOfAnEarlierAttempt_IsToldToBackOff()
    {
        await _app.RunAsync();
        using var stale = await _app.Worker(token: "yesterday").SendAsync(HttpMethod.Get, "job-take/w1?gpu=x&job_in_progress=0", body: null, default);
        Assert.Equal((HttpStatusCode.TooManyRequests, "5"), (stale.StatusCode, stale.Headers.GetValues("Retry-After").Single()));

        using var nobody = await new HttpClient().GetAsync(new Uri(_app.Base, $"v2/{_app.Deployment}/job-take/w1"));
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    private async Task<string> TakenAsync()
    {
        var id = await _app.RunAsync();
        Assert.Equal(id, (await _app.Worker().TakeNextAsync()).Id);
        return id;
    }
}
