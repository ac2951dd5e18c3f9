using Rouse.TestKit.Hub;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

public sealed class FetchTests
{
    private const string Id = "org/name";

    [Fact]
    public async Task Obtain_OfARepository_LaysItOutAsTheHubsOwnCache()
    {
        var repository = new FakeRepository(Id).WithPipeline(2_000_000);
        await using var fixture = await HubFixture.StartAsync(repository);

        var folder = await fixture.ObtainAsync(Id);

        var root = Path.Combine(fixture.Cache, "hub", "models--org--name");
        Assert.Equal(Path.Combine(root, "snapshots", repository.Commit), folder);
        Assert.Equal(repository.Commit, await File.ReadAllTextAsync(Path.Combine(root, "refs", "main")));
        var blobs = Directory.GetFiles(Path.Combine(root, "blobs")).Select(Path.GetFileName);
        Assert.Equal(repository.Files.Select(file => file.Etag).Order(), blobs.Order());
        HubFixture.AssertHolds(folder, repository.Files);
    }

    [Fact]
    public async Task Obtain_OfALargeFile_UsesSeveralConnectionsButNoMoreThanAllowed()
    {
        var release = new TaskCompletionSource();
        await using var fixture = await HubFixture.StartAsync(new FakeRepository(Id).WithPipeline(4_000_000));
        fixture.Hub.Script.HoldBodies = release.Task;
        var obtaining = fixture.ObtainAsync(Id);

        int Open() => fixture.Hub.Requests.Count(request => request is { IsContentNetwork: true, Range: not null });
        await Deadline.UntilAsync(() => Open() == HubFixture.Options.Connections);
        release.SetResult();
        await obtaining.InTimeAsync();

        Assert.InRange(fixture.Hub.Connections, 2, HubFixture.Options.Connections * 2);
        Assert.Equal(fixture.Hub.Requests.Count, fixture.Hub.Requests.Distinct().Count());
    }

    [Fact]
    public async Task Obtain_ASecondTime_TransfersNothing_AndWithACommitAsksNothing()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        var folder = await fixture.ObtainAsync(Id);
        var (sent, asked) = (fixture.Hub.BytesSent, fixture.Hub.Requests.Count);

        Assert.Equal(folder, await fixture.ObtainAsync(Id));
        Assert.Equal(asked + 1, fixture.Hub.Requests.Count);
        Assert.Equal(folder, await fixture.ObtainAsync($"{Id}@{repository.Commit}"));

        Assert.Equal(sent, fixture.Hub.BytesSent);
        Assert.Equal(asked + 1, fixture.Hub.Requests.Count);
    }

    [Fact]
    public async Task Obtain_WhenTheHubIsDown_UsesAWholeCopyFromBefore_ButNoBrokenOne()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        var folder = await fixture.ObtainAsync(Id);
        for (var i = 0; i < 20; i++) fixture.Hub.Script.ListStatuses.Enqueue(503);

        Assert.Equal(folder, await fixture.ObtainAsync(Id));
        File.Delete(new FileInfo(Path.Combine(folder, "unet/model.onnx")).ResolveLinkTarget(returnFinalTarget: true)!.FullName);

        Assert.Equal("hub_unavailable", (await fixture.FaultAsync(Id)).Code);
    }

    [Fact]
    public async Task Obtain_TellsBytesUpToTheTotal()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        var total = repository.Files.Sum(file => file.Size);
        var told = new System.Collections.Concurrent.ConcurrentQueue<(long Done, long Total)>();

        await fixture.Store().ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), (done, all) => told.Enqueue((done, all)), CancellationToken.None);

        Assert.All(told, pair => Assert.Equal(total, pair.Total));
        Assert.Contains((total, total), told);
        Assert.InRange(told.Count, 1, 5);
    }

    [Fact]
    public async Task Obtain_WithAToken_ShowsItToTheHubAndNeverToTheContentNetwork()
    {
        var gated = new FakeRepository(Id) { IsGated = true, IsPrivate = true }.WithPipeline();
        await using var fixture = await HubFixture.StartAsync(gated);

        HubFixture.AssertHolds(await fixture.ObtainAsync(Id, FakeHub.Token), gated.Files);

        Assert.All(
            fixture.Hub.Requests,
            request => Assert.Equal(request.IsContentNetwork ? null : "Bearer " + FakeHub.Token, request.Authorization));
        Assert.Contains(fixture.Hub.Requests, request => request.IsContentNetwork);
    }

    [Fact]
    public async Task Obtain_ByTwoWorkersAtOnce_FetchesEachFileOnce()
    {
        var repository = new FakeRepository(Id).WithPipeline(1_000_000);
        await using var fixture = await HubFixture.StartAsync(repository);
        var release = new TaskCompletionSource();
        fixture.Hub.Script.HoldBodies = release.Task;

        var both = Task.WhenAll(fixture.ObtainAsync(Id), fixture.ObtainAsync(Id));
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("Waiting for another worker", StringComparison.Ordinal));
        release.SetResult();
        var folders = await both.InTimeAsync();

        Assert.Equal(folders[0], folders[1]);
        Assert.Equal(repository.Files.Sum(file => file.Size), fixture.Hub.BytesSent);
        HubFixture.AssertHolds(folders[0], repository.Files);
    }
}
