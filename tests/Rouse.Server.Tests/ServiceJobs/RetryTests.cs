using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

public sealed class RetryTests
{
    private static readonly byte[] s_body = RandomNumberGenerator.GetBytes(200_000);

    [Fact]
    public async Task A5xx_IsTriedThreeTimesMore_FiveSecondsApart_WithTheSameBytes()
    {
        var time = new ManualTime();
        await using var backend = await Backend.StartAsync(Backend.Says(500, "broken", "text/plain"));
        await using var app = await ServiceApp.StartAsync(time);
        var job = await app.ProcessAsync(app.AddRoute(backend.Address), new ByteArrayContent(s_body));
        var ended = await app.EndedAsync(job, () => StepWhenDue(time, TimeSpan.FromSeconds(1)));

        Assert.Equal("failed", ended.GetProperty("status").GetString());
        Assert.Equal("The service answered 500.", ended.GetProperty("error").GetString());
        Assert.Equal(4, backend.Requests.Count);
        Assert.All(backend.Requests, seen => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(s_body)), seen.Sha256));
        var attempts = ended.GetProperty("attempts").EnumerateArray().ToList();
        Assert.Equal([1, 2, 3, 4], attempts.Select(attempt => attempt.GetProperty("number").GetInt32()));
        Assert.All(attempts, attempt => Assert.Equal(("server_error", 500), (attempt.GetProperty("outcome").GetString(), attempt.GetProperty("status_code").GetInt32())));
        Assert.All(attempts.Zip(attempts.Skip(1)), pair => Assert.True(
            pair.Second.GetProperty("began_at").GetDateTimeOffset() - pair.First.GetProperty("ended_at").GetDateTimeOffset() >= TimeSpan.FromSeconds(5)));
        var (status, _, response) = await app.SendAsync(HttpMethod.Get, $"/api/jobs/{job}/result");
        Assert.Equal((500, "broken"), (status, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A4xx_IsNotTriedAgain_AndItsAnswerIsTheResult()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(422, """{"no":"not that"}"""));
        await using var app = await ServiceApp.StartAsync();
        var job = await app.ProcessAsync(app.AddRoute(backend.Address), new ByteArrayContent(s_body));
        var ended = await app.EndedAsync(job);

        Assert.Equal(("failed", 1), (ended.GetProperty("status").GetString(), ended.GetProperty("attempts").GetArrayLength()));
        var (status, result, _) = await app.SendAsync(HttpMethod.Get, $"/api/jobs/{job}/result");
        Assert.Equal((422, "not that"), (status, result.GetProperty("no").GetString()));
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task ABackendThatResets_GetsTheSameBytesEachTime_AndTheAnswerIsWhole()
    {
        var time = new ManualTime();
        var large = RandomNumberGenerator.GetBytes(400_000);
        await using var backend = await Backend.StartAsync(
            Backend.ResetAsync,
            static async (context, _) =>
            {
                context.Response.ContentLength = 1000;
                await context.Response.Body.WriteAsync(new byte[10]);
                await context.Response.Body.FlushAsync();
                context.Abort();
            },
            static (context, _) =>
            {
                context.Response.StatusCode = 503;
                return Task.CompletedTask;
            },
            async (context, _) => await context.Response.Body.WriteAsync(large));
        await using var app = await ServiceApp.StartAsync(time);
        var job = await app.ProcessAsync(app.AddRoute(backend.Address), new ByteArrayContent(s_body));
        var ended = await app.EndedAsync(job, () => StepWhenDue(time, TimeSpan.FromSeconds(1)));

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(
            ["connection_fault", "connection_fault", "server_error", "answered"], ended.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()));
        Assert.Equal(4, backend.Requests.Count);
        Assert.All(backend.Requests, seen => Assert.Equal((s_body.LongLength, Convert.ToHexStringLower(SHA256.HashData(s_body))), (seen.Bytes, seen.Sha256)));
        Assert.Equal(large, await app.Http.GetByteArrayAsync(new Uri($"/api/jobs/{job}/result", UriKind.Relative)));
    }

    [Fact]
    public async Task ABodyThatIsNotWhatCame_IsNotSent()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null);
        var job = await app.ProcessAsync(route, new ByteArrayContent(s_body));
        var file = Assert.Single(Directory.EnumerateFiles(app.Spool));
        await using (var damaged = File.OpenWrite(file)) damaged.WriteByte((byte)~s_body[0]);
        app.AddRoute(backend.Address, id: route.Deployment);
        var ended = await app.EndedAsync(job);

        Assert.Equal("failed", ended.GetProperty("status").GetString());
        Assert.StartsWith("spool_corrupt: ", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(backend.Requests);
    }

    [Fact]
    public async Task AJobThatIsCancelledAtTheService_IsBrokenOff()
    {
        var broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await Backend.StartAsync(async (context, _) =>
        {
            await using var left = context.RequestAborted.Register(broken.SetResult);
            await broken.Task;
        });
        await using var app = await ServiceApp.StartAsync();
        var job = await app.ProcessAsync(app.AddRoute(backend.Address), new ByteArrayContent(s_body));
        await Eventually.TrueAsync(() => !backend.Requests.IsEmpty);
        await app.SendAsync(HttpMethod.Delete, $"/api/jobs/{job}");

        await broken.Task.WaitAsync(Eventually.Deadline);
        Assert.Equal("cancelled", (await app.JobAsync(job)).GetProperty("status").GetString());
        await Eventually.TrueAsync(async () => (await app.JobAsync(job)).GetProperty("attempts")[0].TryGetProperty("outcome", out var end) && end.GetString() == "stopped");
    }

    [Fact]
    public async Task AJobThatWaitsForItsNextTry_HoldsUpNoOther()
    {
        var time = new ManualTime();
        await using var backend = await Backend.StartAsync(Backend.Says(503, "{}"), Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync(time);
        var route = app.AddRoute(backend.Address);
        var failing = await app.ProcessAsync(route, new StringContent("first"));
        await Eventually.TrueAsync(() => !backend.Requests.IsEmpty);
        var next = await app.ProcessAsync(route, new StringContent("second"));
        // The clock stands still, so the first one is not sent again before.
        Assert.Equal("completed", (await app.EndedAsync(next)).GetProperty("status").GetString());
        Assert.Equal(2, backend.Requests.Count);
        Assert.Equal("completed", (await app.EndedAsync(failing, () => StepWhenDue(time, TimeSpan.FromSeconds(1)))).GetProperty("status").GetString());
    }

    [Fact]
    public async Task NoMoreJobsAreTaken_ThanTheServiceWorksOn()
    {
        var (now, most) = (0, 0);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await Backend.StartAsync(async (context, _) =>
        {
            var here = Interlocked.Increment(ref now);
            InterlockedMax(ref most, here);
            if (here == 2) go.TrySetResult();
            await go.Task;
            Interlocked.Decrement(ref now);
            await context.Response.WriteAsync("ok");
        });
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null, service => service with { Concurrency = 2 });
        List<string> jobs = [];
        for (var i = 0; i < 8; i++) jobs.Add(await app.ProcessAsync(route, new StringContent($"{i}")));
        app.AddRoute(backend.Address, service => service with { Concurrency = 2 }, route.Deployment);
        foreach (var job in jobs) Assert.Equal("completed", (await app.EndedAsync(job)).GetProperty("status").GetString());

        Assert.Equal((2, 8), (most, backend.Requests.Count));
    }

    /// <summary>Moves the clock when something waits for it that is not further away than a step.</summary>
    private static void StepWhenDue(ManualTime time, TimeSpan step) => time.Advance(step);

    private static void InterlockedMax(ref int place, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref place)) && Interlocked.CompareExchange(ref place, value, seen) != seen) { }
    }
}
