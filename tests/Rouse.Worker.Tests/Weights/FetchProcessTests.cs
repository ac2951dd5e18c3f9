using Rouse.TestKit.Hub;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>What only real processes can show: the journal outlives a kill, the lock holds between processes.</summary>
public sealed class FetchProcessTests
{
    private const string Id = "org/name";
    private const long MiB = 1 << 20;

    [Fact]
    public async Task Fetch_KilledHalfWay_IsTakenUpByTheNextWhereItEnded()
    {
        var file = FakeFile.Sized("unet/model.onnx", 32 * MiB);
        var repository = new FakeRepository(Id).With(file);
        await using var fixture = await HubFixture.StartAsync(repository);
        var release = new TaskCompletionSource();
        (fixture.Hub.Script.HoldBodies, fixture.Hub.Script.HoldFrom) = (release.Task, 8 * MiB);
        var blob = new RepositoryCache(fixture.Cache, Id).BlobOf(new HubFile(file.Path, file.Size, file.Etag));

        using (var first = Fetch(fixture))
        {
            await Deadline.UntilAsync(() => JournalOf(blob).Contains("4194304 8388608", StringComparison.Ordinal)
                && JournalOf(blob).Contains("0 4194304", StringComparison.Ordinal));
            await first.KillAsync();
        }

        release.SetResult();
        var before = fixture.Hub.Requests.Count;
        using var second = Fetch(fixture);
        Assert.Equal(0, await second.EndAsync());

        HubFixture.AssertHolds(await fixture.ObtainAsync($"{Id}@{repository.Commit}"), repository.Files);
        var ranges = fixture.Hub.Requests.Skip(before).Select(request => request.Range).OfType<string>().ToList();
        Assert.Contains("bytes=8388608-12582911", ranges);
        Assert.DoesNotContain(ranges, range => range is "bytes=0-4194303" or "bytes=4194304-8388607");
    }

    [Fact]
    public async Task Fetch_ByTwoProcessesAtOnce_TransfersEachFileOnce()
    {
        var repository = new FakeRepository(Id).WithPipeline(4 * MiB);
        await using var fixture = await HubFixture.StartAsync(repository);
        var release = new TaskCompletionSource();
        fixture.Hub.Script.HoldBodies = release.Task;

        using var one = Fetch(fixture);
        using var two = Fetch(fixture);
        await Deadline.UntilAsync(() => (one.Output + two.Output).Contains("Waiting for another worker", StringComparison.Ordinal));
        release.SetResult();

        Assert.Equal(0, await one.EndAsync());
        Assert.Equal(0, await two.EndAsync());
        Assert.Equal(repository.Files.Sum(file => file.Size), fixture.Hub.BytesSent);
    }

    private static WorkerProcess Fetch(HubFixture fixture) => new(
        new Dictionary<string, string>(StringComparer.Ordinal) { ["HF_ENDPOINT"] = fixture.Hub.Endpoint, ["ROUSE_MODEL_CACHE"] = fixture.Cache },
        "fetch",
        Id);

    private static string JournalOf(string blob)
    {
        if (!File.Exists(blob + ".rouse-ranges")) return "";
        using var journal = new FileStream(blob + ".rouse-ranges", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(journal);
        return reader.ReadToEnd();
    }
}
