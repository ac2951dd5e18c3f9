using System.Net.Http.Headers;
using System.Security.Cryptography;
using Rouse.Gateway.Routing;
using Rouse.Server.Spool;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.ServiceJobs;

/// <summary>How much queued requests may take of the disk, and that it is refused before it is full.</summary>
public sealed class SpoolRoomTests
{
    private static readonly SpoolLimits s_small = new() { MaxTotal = 100_000, TenantShare = 1, CountEvery = TimeSpan.Zero, CountBeforeRefusal = TimeSpan.Zero };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BeyondTheBound_Nothing_IsQueuedOrKept_AndRoomThatIsFreeIsUsedAgain(bool isChunked)
    {
        await using var app = await ServiceApp.StartAsync(room: s_small);
        var route = app.AddRoute(backend: null);
        var (first, second) = (await QueueAsync(app, route, 40_000, isChunked), await QueueAsync(app, route, 40_000, isChunked));
        var (status, body, response) = await QueueAsync(app, route, 40_000, isChunked);

        Assert.Equal((202, 202), (first.Status, second.Status));
        Assert.Equal((503, "SPOOL_FULL"), (status, body.GetProperty("code").GetString()));
        Assert.True(response.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        Assert.Equal(2, Directory.EnumerateFiles(app.Spool).Count());
        Assert.Equal(202, (await QueueAsync(app, route, 20_000, isChunked)).Status);

        // Whoever is cancelled needs its body no more.
        Assert.Equal(200, (await app.SendAsync(HttpMethod.Delete, $"/api/jobs/{first.Body.GetProperty("job_id").GetString()}")).Status);
        Assert.Equal(2, Directory.EnumerateFiles(app.Spool).Count());
        Assert.Equal(202, (await QueueAsync(app, route, 40_000, isChunked)).Status);
    }

    [Fact]
    public async Task OneTenant_GetsItsShare_AndAnotherTheRest()
    {
        await using var app = await ServiceApp.StartAsync(room: s_small with { TenantShare = 0.5 });
        var (mine, others) = (app.AddRoute(backend: null), app.AddRoute(backend: null));
        app.Get<RouteTable>().Set(others with { Tenant = Core.Tenancy.TenantId.Parse("umbrella") });
        Assert.Equal(202, (await QueueAsync(app, mine, 40_000)).Status);
        var (status, body, response) = await QueueAsync(app, mine, 20_000);

        Assert.Equal((507, "TENANT_SPOOL_FULL"), (status, body.GetProperty("code").GetString()));
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal(202, (await app.SendAsync(HttpMethod.Post, $"/api/process/{others.Deployment}", Bytes(50_000), client: app.Other)).Status);
    }

    [Fact]
    public async Task OfManyAtOnce_NoMoreAreTakenThanThereIsRoomFor()
    {
        await using var app = await ServiceApp.StartAsync(room: s_small);
        var route = app.AddRoute(backend: null);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ => (await QueueAsync(app, route, 9_000)).Status));

        Assert.All(statuses, static status => Assert.True(status is 202 or 503));
        // What is settled while the store counts is counted twice until it counts again, so at this moment it may be fewer.
        Assert.InRange(statuses.Count(static status => status == 202), 5, 11);
        await Eventually.TrueAsync(async () => (await QueueAsync(app, route, 9_000)).Status == 503);
        Assert.InRange(Directory.EnumerateFiles(app.Spool).Count(), 10, 11);
    }

    [Fact]
    public async Task BeforeTheDiskIsFull_NothingMoreIsTaken_AndWhatIsQueuedIsDone()
    {
        var disk = new DiskSpace(Free: 10_000_000, Size: 64_000_000);
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync(disk: () => disk);
        var route = app.AddRoute(backend: null);
        var queued = await QueueAsync(app, route, 1_000_000);
        disk = disk with { Free = 4_000_000 };
        var refused = await QueueAsync(app, route, 1_000_000);
        app.AddRoute(backend.Address, id: route.Deployment);

        Assert.Equal((202, 503, "SPOOL_FULL"), (queued.Status, refused.Status, refused.Body.GetProperty("code").GetString()));
        Assert.Equal("completed", (await app.EndedAsync(queued.Body.GetProperty("job_id").GetString()!)).GetProperty("status").GetString());
        // Its answer is kept, its body is not.
        Assert.EndsWith(".reply", Assert.Single(Directory.EnumerateFiles(app.Spool)), StringComparison.Ordinal);
    }

    private static Task<(int Status, System.Text.Json.JsonElement Body, HttpResponseMessage Response)> QueueAsync(ServiceApp app, Route route, int bytes, bool isChunked = false)
    {
        var content = Bytes(bytes);
        if (isChunked) content.Headers.ContentLength = null;
        return app.SendAsync(HttpMethod.Post, $"/api/process/{route.Deployment}", content);
    }

    private static StreamContent Bytes(int bytes)
    {
        var content = new StreamContent(new OneWay(RandomNumberGenerator.GetBytes(bytes)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentLength = bytes;
        return content;
    }

    /// <summary>Has no length of its own, so that none is said unless it is set.</summary>
    private sealed class OneWay(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override bool CanSeek => false;
    }
}
