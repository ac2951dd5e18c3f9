using Rouse.TestKit.Files;
using Rouse.TestKit.Hub;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Tests.Weights;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.ModelFiles;

/// <summary>A disk that becomes full while a file comes: said as what it is, nothing half is served, and what has come is used once there is room.</summary>
public sealed class FullDiskTests
{
    private const int Size = 3 << 20;

    [SmallDiskFact]
    public async Task Obtain_OfAModelFile_WhenTheDiskFills_SaysSo_AndGoesOnOnceThereIsRoom()
    {
        using var disk = SmallDisk.Mount(8);
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors(Size);
        var url = fixture.Host.Add("/x", hosted);
        var settings = fixture.Settings with { Folder = disk.Folder };
        // Space for the whole is taken first, so only a download begun where that was not possible meets a full disk half way: a sparse file.
        await LeaveSparsePartAsync(fixture, settings, hosted, url);
        disk.FillTo(1 << 20);

        var fault = await fixture.FaultAsync(url, settings: settings);

        Assert.Equal("disk_full", fault.Code);
        Assert.Contains("became full", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(disk.Folder, "checkpoints")));
        File.Delete(Path.Combine(disk.Folder, "filler"));
        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync((await fixture.ObtainAsync(url, settings: settings)).Path));
    }

    [SmallDiskFact]
    public void Open_WhenTheSpaceCannotBeReserved_SaysThatTheDiskIsFull()
    {
        using var disk = SmallDisk.Mount(4);
        Assert.True(Assert.ThrowsAny<DiskFault>(() => PartialFile.Open(Path.Combine(disk.Folder, "x"), 5 << 20)).IsFull);
        Assert.Empty(Directory.GetFiles(disk.Folder));
    }

    [SmallDiskFact]
    public async Task Obtain_OfAHubModel_WhenTheDiskFills_SaysSo_AndPublishesNothing()
    {
        using var disk = SmallDisk.Mount(8);
        var repository = new FakeRepository("org/name").With(FakeFile.Sized("unet/model.onnx", Size));
        await using var fixture = await HubFixture.StartAsync(repository);
        var file = repository.Files[0];
        var cache = new RepositoryCache(disk.Folder, "org/name");
        Sparse(cache.BlobOf(new HubFile(file.Path, file.Size, file.Etag)), file.Size);
        disk.FillTo(1 << 20);

        var fault = await Assert.ThrowsAsync<WeightsException>(() => fixture.Store(root: disk.Folder).ObtainAsync(
            HubFixture.Model("org/name"), new OnnxFiles(), static (_, _) => { }, CancellationToken.None));

        Assert.Equal("disk_full", fault.Code);
        Assert.False(Directory.Exists(cache.SnapshotOf(repository.Commit)));
        File.Delete(Path.Combine(disk.Folder, "filler"));
        var folder = await fixture.Store(root: disk.Folder).ObtainAsync(
            HubFixture.Model("org/name"), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);
        HubFixture.AssertHolds(folder, repository.Files);
    }

    [SmallDiskFact]
    public async Task Obtain_WhenOnlyTheJournalFindsNoRoom_SaysSo_AndMixesNothing()
    {
        using var disk = SmallDisk.Mount(8);
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors(Size);
        var url = fixture.Host.Add("/x", hosted);
        var settings = fixture.Settings with { Folder = disk.Folder };
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        // One step of a piece is written before its first entry in the journal.
        var library = fixture.Library(settings, HubFixture.Options with { MinPiece = 256 << 10, JournalStep = 200 << 10 });
        var obtaining = library.ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, "a.safetensors", url, null), static (_, _) => { }, CancellationToken.None);
        await Deadline.UntilAsync(() => fixture.Host.Requests.Count == 1 + HubFixture.Options.Connections);
        disk.FillTo(0);
        release.SetResult();

        Assert.Equal("disk_full", (await Assert.ThrowsAsync<ModelFileException>(() => obtaining.InTimeAsync())).Code);

        File.Delete(Path.Combine(disk.Folder, "filler"));
        hosted.Hold = null;
        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync((await fixture.ObtainAsync(url, settings: settings)).Path));
    }

    [SmallDiskFact]
    public async Task Obtain_OfAModelThatHoldsOneFileTwice_NeedsItsRoomOnce()
    {
        using var disk = SmallDisk.Mount(8);
        var content = HostedFile.Safetensors(5 << 20).Content;
        var repository = new FakeRepository("org/name").With(FakeFile.Of("unet/model.onnx", content), FakeFile.Of("vae_decoder/model.onnx", content));
        await using var fixture = await HubFixture.StartAsync(repository);

        var folder = await fixture.Store(root: disk.Folder).ObtainAsync(
            HubFixture.Model("org/name"), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

        HubFixture.AssertHolds(folder, repository.Files);
    }

    /// <summary>Lets a first download find its name for the unfinished file, and puts a sparse one there.</summary>
    private static async Task LeaveSparsePartAsync(LibraryFixture fixture, LibrarySettings settings, HostedFile hosted, string url)
    {
        using var stop = new CancellationTokenSource();
        hosted.Hold = new TaskCompletionSource().Task;
        var first = fixture.Library(settings).ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, "a.safetensors", url, null), static (_, _) => { }, stop.Token);
        string[] Parts() => Directory.Exists(settings.Folder) ? Directory.GetFiles(settings.Folder, "*" + PartialFile.Suffix, SearchOption.AllDirectories) : [];
        await Deadline.UntilAsync(() => Parts().Length == 1);
        var blob = Parts()[0][..^PartialFile.Suffix.Length];
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        hosted.Hold = null;
        PartialFile.Delete(blob);
        Sparse(blob, hosted.Content.Length);
    }

    private static void Sparse(string blob, long size)
    {
        using var part = File.OpenHandle(blob + PartialFile.Suffix, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(part, size);
        File.WriteAllText(blob + ".rouse-ranges", "");
    }
}
