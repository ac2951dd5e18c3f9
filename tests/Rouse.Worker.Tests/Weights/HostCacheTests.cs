using System.Text;
using Rouse.TestKit.Files;
using Rouse.TestKit.Hub;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>What the platform has put on the machine is used in place when it is whole, and not at all when it is not.</summary>
public sealed class HostCacheTests
{
    private const string Id = "org/name";

    [Fact]
    public async Task Obtain_OfWhatTheHostHasWhole_TransfersAndWritesNothing()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        var host = new HostFolder(repository);
        var store = fixture.Store(host: host.Root);

        var folder = await store.ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

        Assert.Equal(host.Snapshot, folder);
        Assert.Equal(0, fixture.Hub.BytesSent);
        Assert.Equal(("host_cache", 0), (store.Origin!.From, store.Origin.Bytes));
        Assert.Contains("from the host's cache, used in place", fixture.Log.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(fixture.Cache));
        host.Delete();
    }

    [Fact]
    public async Task Obtain_WhenTheHostsCopyIsNotWhole_OrOfAnotherCommit_TakesTheHub()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        foreach (var damage in (Action<HostFolder>[])[h => h.Remove("unet/model.onnx"), h => h.Cut("vae_decoder/model.onnx"), h => h.BreakLink("tokenizer/vocab.json"), h => h.Rename()])
        {
            var host = new HostFolder(repository);
            damage(host);
            var store = fixture.Store(host: host.Root, root: Path.Combine(fixture.Cache, Path.GetFileName(host.Root)));

            HubFixture.AssertHolds(await store.ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None), repository.Files);

            Assert.Equal("hub", store.Origin!.From);
            host.Delete();
        }
    }

    [Fact]
    public async Task Obtain_WithoutAHub_TakesTheHostsCopy_WhenItIsWholeByItsOwnIndexes()
    {
        var repository = new FakeRepository(Id).With(
            FakeFile.Of("model_index.json", """{"_class_name":"P","unet":["diffusers","U"],"vae":["diffusers","V"],"safety_checker":[null,null]}"""u8.ToArray()),
            FakeFile.Of("unet/x.safetensors.index.json", """{"weight_map":{"a":"x-1.safetensors","b":"x-2.safetensors"}}"""u8.ToArray()),
            FakeFile.Of("unet/x-1.safetensors", HostedFile.Safetensors(100).Content),
            FakeFile.Of("unet/x-2.safetensors", HostedFile.Safetensors(200).Content),
            FakeFile.Of("vae/v.safetensors", HostedFile.Safetensors(300).Content));
        await using var fixture = await HubFixture.StartAsync(repository);
        var options = HubFixture.Options with { MaxFailures = 1 };

        foreach (var (damage, revision, isWhole) in ((Action<HostFolder>, string, bool)[])
        [
            (static _ => { }, "main", true),
            (static _ => { }, repository.Commit, true),
            (static _ => { }, "other", false),
            (static _ => { }, new string('a', 40), false),
            (static host => host.Remove("unet/x-2.safetensors"), "main", false),
            (static host => host.Cut("unet/x-2.safetensors"), "main", false),
            (static host => host.BreakLink("unet/x-1.safetensors"), "main", false),
            (static host => host.Remove("vae/v.safetensors"), "main", false),
            (static host => host.Write("unet/x.safetensors.index.json", "{"), "main", false),
            (static host => host.Write("model_index.json", "[]"), "main", false),
            (static host => host.Begin(), "main", false),
        ])
        {
            var host = new HostFolder(repository);
            damage(host);
            for (var i = 0; i < 3; i++) fixture.Hub.Script.ListStatuses.Enqueue(503);
            var store = fixture.Store(host: host.Root, options: options);
            var obtaining = store.ObtainAsync(HubFixture.Model($"{Id}@{revision}"), new AllFiles(), static (_, _) => { }, CancellationToken.None);

            if (isWhole) Assert.Equal(host.Snapshot, await obtaining);
            else Assert.Equal("hub_unavailable", (await Assert.ThrowsAsync<WeightsException>(() => obtaining)).Code);
            fixture.Hub.Script.ListStatuses.Clear();
            host.Delete();
        }
    }

    [Fact]
    public async Task Obtain_ForAnotherEngine_DoesNotTakeAFewFilesForTheWhole()
    {
        var repository = new FakeRepository(Id).WithPipeline().With(FakeFile.Sized("unet/model.safetensors", 70_000));
        await using var fixture = await HubFixture.StartAsync(repository);
        var pinned = HubFixture.Model($"{Id}@{repository.Commit}");
        await fixture.Store().ObtainAsync(pinned, new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

        var folder = await fixture.Store().ObtainAsync(pinned, new AllFiles(), static (_, _) => { }, CancellationToken.None);

        HubFixture.AssertHolds(folder, repository.Files);
    }

    [Fact]
    public async Task Obtain_WithCodeAllowed_DoesNotTakeWhatCameWithoutForTheWhole()
    {
        var repository = new FakeRepository(Id).With(FakeFile.Sized("model.safetensors", 70_000), FakeFile.Of("modeling.py", "print(1)"u8.ToArray()));
        await using var fixture = await HubFixture.StartAsync(repository);
        var pinned = HubFixture.Model($"{Id}@{repository.Commit}");
        var safe = await fixture.Store().ObtainAsync(pinned, new Rouse.Worker.Weights.AllFiles(allowsCode: false), static (_, _) => { }, CancellationToken.None);
        Assert.False(File.Exists(Path.Combine(safe, "modeling.py")));

        var folder = await fixture.Store().ObtainAsync(pinned, new Rouse.Worker.Weights.AllFiles(allowsCode: true), static (_, _) => { }, CancellationToken.None);

        HubFixture.AssertHolds(folder, repository.Files);
    }

    private sealed class AllFiles : FileSelection
    {
        public override IReadOnlyList<HubFile> Select(HubListing listing) => listing.Files;
    }

    /// <summary>A cache as the platform makes it: blobs, and a snapshot of links.</summary>
    private sealed class HostFolder
    {
        private readonly string _model;

        public HostFolder(FakeRepository repository)
        {
            Root = Directory.CreateTempSubdirectory("rouse-host-").FullName;
            _model = Path.Combine(Root, "models--org--name");
            Snapshot = Path.Combine(_model, "snapshots", repository.Commit);
            Directory.CreateDirectory(Path.Combine(_model, "refs"));
            Directory.CreateDirectory(Path.Combine(_model, "blobs"));
            File.WriteAllText(Path.Combine(_model, "refs", "main"), repository.Commit);
            foreach (var file in repository.Files)
            {
                var (blob, name) = (Path.Combine(_model, "blobs", file.Etag), Path.Combine(Snapshot, file.Path));
                var bytes = new byte[file.Size];
                for (var at = 0L; at < file.Size;)
                {
                    var part = file.At(at, long.MaxValue);
                    part.CopyTo(bytes.AsMemory((int)at));
                    at += part.Length;
                }

                File.WriteAllBytes(blob, bytes);
                Directory.CreateDirectory(Path.GetDirectoryName(name)!);
                File.CreateSymbolicLink(name, Path.GetRelativePath(Path.GetDirectoryName(name)!, blob));
            }
        }

        public string Root { get; }

        public string Snapshot { get; }

        public void Remove(string path)
        {
            var name = Path.Combine(Snapshot, path);
            File.Delete(name);
            if (Directory.GetFiles(Path.GetDirectoryName(name)!).Length == 0) Directory.Delete(Path.GetDirectoryName(name)!);
        }

        public void BreakLink(string path) => File.Delete(Blob(path));

        public void Cut(string path)
        {
            using var file = File.OpenHandle(Blob(path), FileMode.Open, FileAccess.Write);
            RandomAccess.SetLength(file, RandomAccess.GetLength(file) - 1);
        }

        public void Write(string path, string text) => File.WriteAllBytes(Blob(path), Encoding.UTF8.GetBytes(text));

        /// <summary>A further file is on its way, as the hub's own library writes it.</summary>
        public void Begin() => File.WriteAllText(Path.Combine(_model, "blobs", new string('c', 64) + ".incomplete"), "half");

        public void Rename() => Directory.Move(Snapshot, Path.Combine(_model, "snapshots", new string('b', 40)));

        public void Delete() => Directory.Delete(Root, recursive: true);

        private string Blob(string path) => new FileInfo(Path.Combine(Snapshot, path)).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }
}
