using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>Jobs in the queue of an endpoint.</summary>
public sealed class JobsTests : IAsyncLifetime
{
    private static readonly HandedJob s_job = new("""{"prompt":"a cat"}"""u8.ToArray(), S3Config: null, JobTerms.Default);

    private RunpodBench _bench = null!;
    private RunpodJobs _jobs = null!;
    private HttpMessageInvoker _http = null!;
    private BackendId _endpoint;

    public async Task InitializeAsync()
    {
        _bench = await RunpodBench.StartAsync();
        _http = new HttpMessageInvoker(new SocketsHttpHandler());
        _jobs = new RunpodJobs(new RunpodJobsOptions { BaseAddress = _bench.Fake.JobsUrl }, _http, TimeProvider.System);
        // Without workers, so that what is queued stays queued.
        _endpoint = new BackendId(_bench.Fake.SeedEndpoint("an endpoint", workersMax: 0));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task C10_APolicy_IsSentUnderRunpodsNamesInMilliseconds()
    {
        var job = s_job with
        {
            S3Config = """{"accessId":"x"}"""u8.ToArray(), Terms = new JobTerms(TimeSpan.FromMinutes(15), TimeSpan.FromHours(2), LowPriority: true),
        };

        await _jobs.SubmitAsync(_endpoint, job, _bench.Access, default);

        const string Expected = """{"input":{"prompt":"a cat"},"policy":{"executionTimeout":900000,"ttl":7200000,"lowPriority":true},"s3Config":{"accessId":"x"}}""";
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected), _bench.LastBody("POST", $"/v2/{_endpoint}/run")));
    }

    [Fact]
    public async Task ATimeToLiveThatIsNearlyOver_IsSentAsTheShortestThatRunpodTakes()
    {
        await _jobs.SubmitAsync(_endpoint, s_job with { Terms = JobTerms.Default with { TimeToLive = TimeSpan.FromSeconds(1) } }, _bench.Access, default);

        Assert.Equal(10_000, (int)_bench.LastBody("POST", $"/v2/{_endpoint}/run")["policy"]!["ttl"]!);
    }

    [Fact]
    public async Task AJob_IsSeenQueuedAndCancelled()
    {
        var id = await _jobs.SubmitAsync(_endpoint, s_job, _bench.Access, default);
        Assert.Equal(JobStatus.InQueue, (await _jobs.LookAsync(_endpoint, id, _bench.Access, default))!.Status);

        await _jobs.CancelAsync(_endpoint, id, _bench.Access, default);

        Assert.Equal(JobStatus.Cancelled, (await _jobs.LookAsync(_endpoint, id, _bench.Access, default))!.Status);
        await _jobs.CancelAsync(_endpoint, id, _bench.Access, default);
    }

    [Fact]
    public async Task AJobThatRunpodDoesNotKnow_IsNullAndNeedsNoCancelling()
    {
        var gone = new ProviderJobId("gone-u1");
        Assert.Null(await _jobs.LookAsync(_endpoint, gone, _bench.Access, default));
        await _jobs.CancelAsync(_endpoint, gone, _bench.Access, default);
    }

    [Theory]
    [InlineData(FaultKind.RefusedBeforeEffect, 429, ProviderFault.RateLimited)]
    [InlineData(FaultKind.RefusedBeforeEffect, 401, ProviderFault.Unauthorized)]
    [InlineData(FaultKind.RefusedBeforeEffect, 402, ProviderFault.Balance)]
    [InlineData(FaultKind.RefusedBeforeEffect, 400, ProviderFault.Rejected)]
    [InlineData(FaultKind.RefusedBeforeEffect, 500, ProviderFault.Unknown)]
    [InlineData(FaultKind.RefusedBeforeEffect, 404, ProviderFault.Unknown)]
    [InlineData(FaultKind.LostReply, 0, ProviderFault.Unknown)]
    [InlineData(FaultKind.CutBeforeEffect, 0, ProviderFault.Unknown)]
    public async Task ASubmissionThatFails_SaysWhetherItMayBeTriedAgain(FaultKind kind, int status, ProviderFault expected)
    {
        _bench.Fake.Script.Add(new Fault(kind, "POST") { Plane = CallPlane.Jobs, Status = status, RetryAfter = TimeSpan.FromSeconds(7), Detail = $"no, {FakeRunpodServer.Key}" });

        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await _jobs.SubmitAsync(_endpoint, s_job, _bench.Access, default));

        Assert.Equal(expected, fault.Fault);
        Assert.Equal(expected == ProviderFault.RateLimited ? TimeSpan.FromSeconds(7) : null, fault.RetryAfter);
        Assert.DoesNotContain(FakeRunpodServer.Key, fault.ToString(), StringComparison.Ordinal);
        Assert.All(_bench.Fake.Calls, call => Assert.DoesNotContain(FakeRunpodServer.Key, call.Path + call.Query, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AJobThatIsTooLarge_IsRejectedWithoutAskingRunpod()
    {
        var job = s_job with { Input = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', 10 * 1024 * 1024)}}"}""") };

        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await _jobs.SubmitAsync(_endpoint, job, _bench.Access, default));

        Assert.Equal(ProviderFault.Rejected, fault.Fault);
        Assert.Empty(_bench.Calls("POST", "/v2"));
    }

    [Theory]
    [InlineData(20, JobStatus.Completed)]
    [InlineData(21, JobStatus.Failed)]
    public async Task AResult_MayHave20MB(int megabytes, JobStatus expected)
    {
        var output = "\"" + new string('x', (megabytes * 1024 * 1024) - 2) + "\"";
        using var http = Answering($$"""{"id":"j","status":"COMPLETED","executionTime":12,"output":{{output}}}""");
        var jobs = new RunpodJobs(new RunpodJobsOptions(), http, TimeProvider.System);

        var sighting = await jobs.LookAsync(_endpoint, new ProviderJobId("j"), _bench.Access, default);

        Assert.Equal(expected, sighting!.Status);
        Assert.Equal(expected == JobStatus.Completed ? output.Length : null, sighting.Output?.Length);
    }

    [Theory]
    [InlineData("""{"status":"FAILED","error":"boom"}""", JobStatus.Failed, "boom")]
    [InlineData("""{"status":"FAILED","error":{"type":"x"}}""", JobStatus.Failed, """{"type":"x"}""")]
    [InlineData("""{"status":"TIMED_OUT","error":null}""", JobStatus.TimedOut, null)]
    [InlineData("""{"status":"RUNNING","executionTime":"soon"}""", JobStatus.InProgress, null)]
    public async Task AStatus_IsReadLeniently(string body, JobStatus status, string? error)
    {
        using var http = Answering(body);
        var sighting = await new RunpodJobs(new RunpodJobsOptions(), http, TimeProvider.System).LookAsync(_endpoint, new ProviderJobId("j"), _bench.Access, default);

        Assert.Equal(new JobSighting(status, Error: error), sighting);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"status":"DREAMING"}""")]
    public async Task AnAnswerThatIsNone_IsUnknown(string body)
    {
        using var http = Answering(body);
        var jobs = new RunpodJobs(new RunpodJobsOptions(), http, TimeProvider.System);

        Assert.Equal(
            ProviderFault.Unknown,
            (await Assert.ThrowsAsync<ProviderException>(async () => await jobs.LookAsync(_endpoint, new ProviderJobId("j"), _bench.Access, default))).Fault);
        Assert.Equal(
            ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(async () => await jobs.SubmitAsync(_endpoint, s_job, _bench.Access, default))).Fault);
    }

    private static HttpMessageInvoker Answering(string body) => new(new Scripted(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    })));
}
