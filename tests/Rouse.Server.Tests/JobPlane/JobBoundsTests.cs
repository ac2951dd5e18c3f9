using System.Net;
using System.Text;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Server.Tests.JobPlane;

public sealed class JobBoundsTests(JobPlaneFixture fixture) : IClassFixture<JobPlaneFixture>
{
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    [Theory]
    [InlineData("", "INVALID_JSON")]
    [InlineData("{", "INVALID_JSON")]
    [InlineData("""{"input":{"a":1}} x""", "INVALID_JSON")]
    [InlineData("[]", "INVALID_INPUT")]
    [InlineData("null", "INVALID_INPUT")]
    [InlineData("{}", "INVALID_INPUT")]
    [InlineData("""{"input":null}""", "INVALID_INPUT")]
    [InlineData("""{"input":{}}""", "INVALID_INPUT")]
    [InlineData("""{"input":[1]}""", "INVALID_INPUT")]
    [InlineData("""{"input":"text"}""", "INVALID_INPUT")]
    [InlineData("""{"input":{"a":1},"policy":[]}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":4999}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":604800001}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":1e99}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":"5000"}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"ttl":9999}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"policy":{"lowPriority":1}}""", "INVALID_POLICY")]
    [InlineData("""{"input":{"a":1},"webhook":7}""", "INVALID_WEBHOOK")]
    [InlineData("""{"input":{"a":1},"webhook":"file:///etc/passwd"}""", "INVALID_WEBHOOK")]
    [InlineData("""{"input":{"a":1},"webhook":"http://user:secret@host/"}""", "INVALID_WEBHOOK")]
    [InlineData("""{"input":{"a":1},"webhook":"\ud800"}""", "INVALID_JSON")]
    [InlineData("""{"input":{"a":1},"s3Config":"none"}""", "INVALID_PARAMETER")]
    public async Task Run_WithABadBody_IsRefusedWithACode(string body, string code)
    {
        var (status, reply) = await _app.PostAsync("run", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (status, reply.GetProperty("code").GetString()));
        Assert.Equal(code, reply.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":5000,"ttl":10000,"lowPriority":true}}""")]
    [InlineData("""{"input":{"a":1},"policy":{"executionTimeout":604800000,"ttl":604800000}}""")]
    [InlineData("""{"policy":null,"webhook":null,"s3Config":null,"input":{"a":1}}""")]
    [InlineData("""{"input":{"a":1},"webhook":""}""")]
    [InlineData("""{"id":"mine","input":{"input":{"policy":7}}}""")]
    public async Task Run_AtTheBounds_IsAccepted(string body) => await _app.RunAsync(body);

    [Theory]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("text/plain")]
    [InlineData("nonsense")]
    public async Task Run_InAnotherEncoding_IsRefused(string contentType) =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _app.PostAsync("run", """{"input":{"a":1}}""", contentType)).Status);

    [Fact]
    public async Task Run_WithInvalidUtf8_IsRefused()
    {
        using var content = new ByteArrayContent([.. "{\"input\":{\"a\":\""u8, 0xC3, 0x28, .. "\"}}"u8]);
        content.Headers.ContentType = new("application/json");
        using var response = await _app.Http.PostAsync(new Uri($"v2/{_app.Deployment}/run", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Run_NestedTooDeep_IsRefused()
    {
        var deep = _app.Plane.Limits.MaxDepth;
        await _app.RunAsync($"{{\"input\":{{\"a\":{new string('[', deep - 2)}{new string(']', deep - 2)}}}}}");

        Assert.Equal(HttpStatusCode.BadRequest, (await _app.PostAsync("run", $"{{\"input\":{{\"a\":{new string('[', 100_000)}}}}}")).Status);
    }

    [Fact]
    public async Task Run_TakesTenMebibytesAndRunSyncTwenty()
    {
        const int MiB = 1024 * 1024;
        var (status, reply) = await _app.PostAsync("run", OfLength((10 * MiB) + 1));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE"), (status, reply.GetProperty("code").GetString()));

        var id = await _app.RunAsync(OfLength(10 * MiB));
        Assert.Equal(id, (await _app.Worker().TakeNextAsync()).Id);

        Assert.Equal(HttpStatusCode.OK, (await _app.PostAsync("runsync?wait=1000", OfLength(20 * MiB))).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await _app.PostAsync("runsync?wait=1000", OfLength((20 * MiB) + 1))).Status);
    }

    [Theory]
    [InlineData(Phase.Accepted, true)]
    [InlineData(Phase.LoadingModel, true)]
    [InlineData(Phase.Hibernated, true)]
    [InlineData(Phase.Failed, false)]
    [InlineData(Phase.Deleting, false)]
    [InlineData(Phase.Deleted, false)]
    public async Task Run_OnADeployment_IsAcceptedUnlessItHasEnded(Phase phase, bool accepted)
    {
        await using var app = await JobPlaneApp.StartAsync(phase: phase);

        var (status, reply) = await app.PostAsync("run", """{"input":{"a":1}}""");

        Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.Conflict, status);
        if (!accepted) Assert.Equal("DEPLOYMENT_ENDED", reply.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Run_WhenTheQueueIsFull_SaysSoUntilThereIsRoom()
    {
        await using var app = await JobPlaneApp.StartAsync(new JobLimits { MaxQueued = 3, PollHold = TimeSpan.FromMilliseconds(200) });
        for (var i = 0; i < 3; i++) await app.RunAsync();

        var (status, reply) = await app.PostAsync("run", """{"input":{"a":1}}""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "QUEUE_FULL"), (status, reply.GetProperty("code").GetString()));

        await app.Worker().TakeNextAsync();
        await app.RunAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await app.PostAsync("run", """{"input":{"a":1}}""")).Status);
        await app.PostAsync("purge-queue");
        await app.RunAsync();
    }

    [Fact]
    public async Task LowPriority_WaitsForAllOthers()
    {
        var low = await _app.RunAsync("""{"input":{"a":1},"policy":{"lowPriority":true}}""");
        var other = await _app.RunAsync();

        Assert.Equal(other, (await _app.Worker().TakeNextAsync()).Id);
        Assert.Equal(low, (await _app.Worker().TakeNextAsync()).Id);
    }

    [Fact]
    public async Task S3Config_ReachesTheWorkerButNotTheDatabaseInClear()
    {
        await _app.RunAsync("""{"input":{"a":1},"s3Config":{"accessSecret":"canary-7f3a"}}""");

        var job = await _app.Worker().TakeNextAsync();

        Assert.Equal("canary-7f3a", job.Body.GetProperty("s3Config").GetProperty("accessSecret").GetString());
        foreach (var file in Directory.EnumerateFiles(_app.Folder))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            Assert.DoesNotContain("canary-7f3a", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    private static string OfLength(int length)
    {
        const string Frame = """{"input":{"a":""}}""";
        return $$$"""{"input":{"a":"{{{new string('x', length - Frame.Length)}}}"}}""";
    }
}
