using System.Net;
using System.Text;
using System.Text.Json;
using Rouse.Core.Deployments;

namespace Rouse.Server.Tests.JobPlane;

public sealed class JobKeyTests(JobPlaneFixture fixture) : IClassFixture<JobPlaneFixture>
{
    private const string Body = """{"input":{"a":1}}""";
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    [Fact]
    public async Task Run_WhenRepeated_AnswersTheFirstJobAndWhereItIs()
    {
        var first = await SendAsync("run", Body, "once");
        Assert.Equal((HttpStatusCode.OK, "IN_QUEUE", false), (first.Status, Word(first), first.Replayed));
        await _app.Worker().TakeNextAsync();

        var again = await SendAsync("run", Body, "\"once\"");

        Assert.Equal((HttpStatusCode.OK, Id(first), "IN_PROGRESS", true), (again.Status, Id(again), Word(again), again.Replayed));
        Assert.Equal(0, await QueuedAsync());
    }

    [Fact]
    public async Task Run_WhenRepeatedAtOnce_MakesOneJob()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => SendAsync("run", Body, "race")));

        Assert.Single(answers.Select(Id).Distinct(StringComparer.Ordinal));
        Assert.Single(answers, answer => !answer.Replayed);
        Assert.Equal(1, await QueuedAsync());
    }

    [Fact]
    public async Task RunSync_WhenRepeated_WaitsForTheSameJob()
    {
        var first = await SendAsync("runsync?wait=1000", Body, "once");
        Assert.Equal("IN_QUEUE", Word(first));
        var again = SendAsync("runsync?wait=60000", Body, "once");
        var job = await _app.Worker().TakeNextAsync();
        await _app.Worker().DoneAsync(job.Id, """{"output":42}""");

        var ended = await again;

        Assert.Equal((Id(first), "COMPLETED", "42"), (Id(ended), Word(ended), ended.Reply.GetProperty("output").GetRawText()));
        Assert.Equal(0, await QueuedAsync());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("runsync?wait=1000")]
    public async Task Key_WithAnotherBody_IsRefusedAndQueuesNothing(string path)
    {
        await SendAsync(path, Body, "once");

        var other = await SendAsync(path, """{"input":{"a":2}}""", "once");

        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), ((int)other.Status, other.Reply.GetProperty("code").GetString()));
        Assert.Equal(1, await QueuedAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    public async Task Key_ThatIsUnusable_IsRefusedAndQueuesNothing(string key)
    {
        var answer = await SendAsync("run", Body, key);

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_PARAMETER"), (answer.Status, answer.Reply.GetProperty("code").GetString()));
        Assert.Equal(0, await QueuedAsync());
    }

    [Fact]
    public async Task Key_OnAnotherDeployment_IsAnotherJob()
    {
        var other = fixture.NewDeployment();
        var first = await SendAsync("run", Body, "once");

        var second = await SendAsync("run", """{"input":{"a":2}}""", "once", other.Deployment);

        Assert.Equal((HttpStatusCode.OK, false), (second.Status, second.Replayed));
        Assert.NotEqual(Id(first), Id(second));
    }

    [Fact]
    public async Task Run_WhenTheJobIsGoneSince_SaysSoAndQueuesNoOther()
    {
        await SendAsync("run", Body, "once");
        await _app.PostAsync("purge-queue");

        var again = await SendAsync("run", Body, "once");

        Assert.Equal((HttpStatusCode.NotFound, "JOB_NOT_FOUND"), (again.Status, again.Reply.GetProperty("code").GetString()));
        Assert.Equal(0, await QueuedAsync());
    }

    private async Task<Answer> SendAsync(string path, string body, string key, DeploymentId? deployment = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"v2/{deployment ?? _app.Deployment}/{path}", UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var response = await _app.Http.SendAsync(request);
        var reply = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync());
        return new Answer(response.StatusCode, reply, response.Headers.Contains("Idempotent-Replayed"));
    }

    private async Task<long> QueuedAsync() => (await _app.GetAsync("health")).Reply.GetProperty("jobs").GetProperty("inQueue").GetInt64();

    private static string? Id(Answer answer) => answer.Reply.GetProperty("id").GetString();

    private static string? Word(Answer answer) => answer.Reply.GetProperty("status").GetString();

    private sealed record Answer(HttpStatusCode Status, JsonElement Reply, bool Replayed);
}
