using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Outputs;
using Rouse.TestKit.Jobs;

namespace Rouse.Server.Tests.Outputs;

/// <summary>What workers bring and callers fetch, over the server's own sockets.</summary>
public sealed class OutputRouteTests
{
    private static readonly byte[] s_picture = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 7))];

    [Fact]
    public async Task APicture_IsStoredOnce_AndReadByItsAddressAloneUntilItRunsOut()
    {
        await using var world = await OutputWorld.StartAsync();
        var url = await world.Maker.PutAsync(s_picture);
        var (_, again) = await world.Maker.AskAsync(s_picture);
        Assert.True(again!.Stored);

        using var whole = await world.Server.Http.GetAsync(url);
        Assert.Equal(s_picture, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal(("image/png", "nosniff", "inline"), (whole.Content.Headers.ContentType!.MediaType, whole.Headers.GetValues("X-Content-Type-Options").Single(), whole.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Contains("sandbox", whole.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(10, 19) } };
        using var part = await world.Server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(s_picture[10..20], await part.Content.ReadAsByteArrayAsync());

        foreach (var wrong in new[] { url[..^1] + (url[^1] == 'A' ? 'B' : 'A'), url.Replace("expires=", "expires=9", StringComparison.Ordinal), url[..url.IndexOf('?', StringComparison.Ordinal)] })
            Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Get, wrong)).Status);
        Assert.True(again.ExpiresAt < TimeProvider.System.GetUtcNow() + new OutputLimits().Kept);
    }

    [Fact]
    public async Task APicture_IsItsTenantsAlone()
    {
        await using var world = await OutputWorld.StartAsync();
        await world.Maker.PutAsync(s_picture);
        var path = $"/v1/deployments/{world.Deployment}/outputs/{Maker.DigestOf(s_picture)}.png";

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation(OutputWorld.AsAlice.Name, OutputWorld.AsAlice.Value);
        using var hers = await world.Server.Http.SendAsync(request);
        Assert.Equal(s_picture, await hers.Content.ReadAsByteArrayAsync());
        Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Get, path, null, OutputWorld.AsBob)).Status);
        Assert.Equal(401, (await world.Server.SendAsync(HttpMethod.Get, path)).Status);
    }

    [Fact]
    public async Task Bytes_ThatAreNotThoseAnnounced_AreNotKept()
    {
        await using var world = await OutputWorld.StartAsync();
        var (_, told) = await world.Maker.AskAsync(s_picture);
        Assert.Equal(409, await world.Maker.SendAsync(told!.PutUrl!, [.. s_picture.Reverse()]));
        Assert.Equal(409, await world.Maker.SendAsync(told.PutUrl!, s_picture[1..]));
        Assert.Equal(413, await world.Maker.SendAsync(told.PutUrl!, [.. s_picture, 0]));
        Assert.Equal(404, await world.Maker.SendAsync(told.PutUrl!.Replace(".png", ".mp4", StringComparison.Ordinal), s_picture));
        Assert.False((await world.Maker.AskAsync(s_picture)).Reply!.Stored);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(world.Server.Folder, "data", "outputs")));
        Assert.Equal(204, await world.Maker.SendAsync(told.PutUrl!, s_picture));
    }

    [Fact]
    public async Task APage_IsServedAsBytes()
    {
        await using var world = await OutputWorld.StartAsync();
        using var page = await world.Server.Http.GetAsync(await world.Maker.PutAsync("<script>"u8.ToArray(), "text/html"));
        Assert.Equal(("application/octet-stream", "attachment"), (page.Content.Headers.ContentType!.MediaType, page.Content.Headers.ContentDisposition!.DispositionType));
    }

    [Fact]
    public async Task WhatThereIsNoRoomFor_IsRefusedSoThatTheWorkerKeepsIt_AndNothingOlderGoes()
    {
        await using var world = await OutputWorld.StartAsync(static options => options with { OutputBounds = new OutputLimits { MaxTotal = 3 * 100_000, MaxFile = 500_000 } });
        var url = await world.Maker.PutAsync(s_picture);
        Assert.Equal(507, (await world.Maker.AskAsync([.. s_picture.Reverse()])).Status);
        Assert.Equal(413, (await world.Maker.AskAsync(s_picture, size: 500_001)).Status);
        Assert.Equal(s_picture, await world.Server.Http.GetByteArrayAsync(url));
    }

    /// <summary>As a worker of Runpod's SDK sends it, which loses what is refused.</summary>
    [Fact]
    public async Task AResult_ThatIsLargerThanThePlaneTakes_IsKeptAndNamed()
    {
        await using var world = await OutputWorld.StartAsync(static options => options with { JobBounds = new JobLimits { MaxResult = 1000 } });
        var id = DeploymentId.Parse(world.Deployment);
        var token = world.Server.Host.Services.GetRequiredService<AttemptTokens>().For(id, world.Attempt).Reveal(SecretPurpose.WorkerEnvironment);
        var job = (await world.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/run", """{"input":{"a":1}}""", OutputWorld.AsAlice)).Body.GetProperty("id").GetString()!;
        var worker = new FakeWorker(world.Server.Http, world.Deployment, "w1", token);
        await worker.TakeNextAsync();
        var body = $$"""{"output":"{{new string('x', 5000)}}"}""";

        Assert.Equal(HttpStatusCode.OK, await worker.DoneAsync(job, body));

        var view = (await world.Server.SendAsync(HttpMethod.Get, $"/v2/{id}/status/{job}", null, OutputWorld.AsAlice)).Body;
        Assert.Equal("COMPLETED", view.GetProperty("status").GetString());
        var spilled = view.GetProperty("output").GetProperty("spilled");
        Assert.Equal("output", spilled.GetProperty("member").GetString());
        Assert.Equal(body, await world.Server.Http.GetStringAsync(spilled.GetProperty("url").GetString()));
    }

    [Fact]
    public async Task AHugeThing_IsTakenAndReadByteForByte_AlsoAfterARestart()
    {
        await using var world = await OutputWorld.StartAsync();
        var huge = new byte[64 << 20];
        new Random(1).NextBytes(huge);
        await world.Maker.PutAsync(huge, "application/json");
        await world.RestartAsync();

        var url = (await world.Maker.AskAsync(huge, "application/json")).Reply!.Url!;
        Assert.Equal(Maker.DigestOf(huge), Maker.DigestOf(await world.Server.Http.GetByteArrayAsync(url)));
    }
}
