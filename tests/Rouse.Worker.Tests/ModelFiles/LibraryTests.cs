using Rouse.TestKit.Files;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Tests.Weights;

namespace Rouse.Worker.Tests.ModelFiles;

public sealed class LibraryTests
{
    [Theory]
    [InlineData(ModelFileKind.Checkpoint, "checkpoints")]
    [InlineData(ModelFileKind.Lora, "loras")]
    [InlineData(ModelFileKind.Embedding, "embeddings")]
    public async Task Obtain_LaysTheFileWhereModelServersLook(object kind, string folder)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();

        var file = await fixture.Library().ObtainAsync(
            new WantedFile((ModelFileKind)kind, "detail", fixture.Host.Add("/x", hosted), hosted.Sha256), static (_, _) => { }, CancellationToken.None);

        Assert.True(file.WasFetched);
        Assert.Equal("detail.safetensors", file.Name);
        Assert.Equal(Path.Combine(fixture.Folder, folder, "detail.safetensors"), file.Path);
        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync(file.Path));
        Assert.Single(Directory.GetFiles(Path.Combine(fixture.Folder, folder)));
    }

    [Fact]
    public async Task Obtain_OfALargeFile_UsesSeveralConnections_AndTellsBytesUpToTheTotal()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors(1_000_000);
        var told = new System.Collections.Concurrent.ConcurrentQueue<(long, long?)>();

        await fixture.Library().ObtainAsync(
            new WantedFile(ModelFileKind.Checkpoint, "a", fixture.Host.Add("/x", hosted), null), (done, total) => told.Enqueue((done, total)), CancellationToken.None);

        Assert.InRange(fixture.Host.Requests.Count, 3, 40);
        Assert.Contains((hosted.Content.Length, (long?)hosted.Content.Length), told);
    }

    [Fact]
    public async Task Obtain_ASecondTime_AsksNobody_AndCountsTheUse()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        var url = fixture.Host.Add("/x", hosted);
        await fixture.ObtainAsync(url);
        var asked = fixture.Host.Requests.Count;

        // A permission in the query says who may read, not what is read.
        Assert.False((await fixture.ObtainAsync(url + "?token=abcdefgh")).WasFetched);
        Assert.False((await fixture.ObtainAsync(url, sha256: hosted.Sha256)).WasFetched);
        Assert.False((await fixture.ObtainAsync(url, sha256: hosted.Sha256[..10].ToUpperInvariant())).WasFetched);

        Assert.Equal(asked, fixture.Host.Requests.Count);
        var use = FileUse.Read(Path.Combine(fixture.Folder, ".rouse", "checkpoints", "a.safetensors.json"))!;
        Assert.Equal((4, hosted.Sha256, "checkpoints/a.safetensors", hosted.Content.Length), (use.UsageCount, use.Sha256, use.Path, use.FileSize));
    }

    [Fact]
    public async Task Obtain_NeverServesAnotherFileOfTheSameName()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var (one, other) = (HostedFile.Safetensors(seed: 1), HostedFile.Safetensors(seed: 2));
        var (url, otherUrl) = (fixture.Host.Add("/one", one), fixture.Host.Add("/other", other));
        await fixture.ObtainAsync(url);

        var faults = new[]
        {
            await fixture.FaultAsync(otherUrl),
            await fixture.FaultAsync(otherUrl, sha256: other.Sha256),
            await fixture.FaultAsync(url, sha256: other.Sha256),
            await fixture.FaultAsync(url + "?version=2"),
        };

        Assert.All(faults, fault => Assert.Equal("model_name_taken", fault.Code));
        Assert.Equal(one.Content, await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, "checkpoints", "a.safetensors")));
        // The same content may come from anywhere.
        Assert.False((await fixture.ObtainAsync(otherUrl, sha256: one.Sha256)).WasFetched);
    }

    [Fact]
    public async Task Obtain_WithADamagedRecord_ChecksTheFileAgain()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var (hosted, other) = (HostedFile.Safetensors(seed: 1), HostedFile.Safetensors(seed: 2));
        var url = fixture.Host.Add("/x", hosted);
        await fixture.ObtainAsync(url);
        var record = Path.Combine(fixture.Folder, ".rouse", "checkpoints", "a.safetensors.json");
        foreach (var damage in new[] { "", "{\"url\":", "{}", "null", "[1]" })
        {
            await File.WriteAllTextAsync(record, damage);
            Assert.Equal(hosted.Sha256 != other.Sha256, !(await fixture.ObtainAsync(url, sha256: hosted.Sha256)).WasFetched);
            await File.WriteAllTextAsync(record, damage);
            Assert.Equal("model_name_taken", (await fixture.FaultAsync(fixture.Host.Add("/y", other))).Code);
            Assert.True((await fixture.ObtainAsync(url)).WasFetched);
            Assert.Equal(hosted.Sha256, FileUse.Read(record)!.Sha256);
        }
    }

    [Fact]
    public async Task Obtain_ByTwoWorkersAtOnce_FetchesTheFileOnce()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        var url = fixture.Host.Add("/x", hosted);

        var both = Task.WhenAll(fixture.ObtainAsync(url), fixture.ObtainAsync(url));
        await Deadline.UntilAsync(() => fixture.Log.ToString().Contains("Waiting for another worker", StringComparison.Ordinal));
        release.SetResult();
        var files = await both.InTimeAsync();

        Assert.Single(files, file => file.WasFetched);
        Assert.InRange(fixture.Host.BytesSent, hosted.Content.Length, hosted.Content.Length + FileContent.StartLength);
    }

    [Fact]
    public async Task Totals_CountWhatIsThere()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        using var library = fixture.Library();
        Assert.Equal(new LibraryTotals(0, 0, 0, 0), library.Totals());
        var hosted = HostedFile.Safetensors();
        var url = fixture.Host.Add("/x", hosted);
        foreach (var (kind, name) in new[] { (ModelFileKind.Checkpoint, "a"), (ModelFileKind.Lora, "b"), (ModelFileKind.Lora, "c") })
        {
            await library.ObtainAsync(new WantedFile(kind, name, url, null), static (_, _) => { }, CancellationToken.None);
        }

        Assert.Equal(new LibraryTotals(1, 2, 0, 3 * hosted.Content.Length), library.Totals());
    }
}
